import { atOnce, type Steps } from "@sluice/base";
import { BaseKeeper } from "./base-keeper.ts";
import { type BuiltBase } from "./base-cache.ts";
import {
  Lineage,
  labelAsManaged,
  markGenerated,
  noteTransformer,
  ORIGIN_ANNOTATION,
  type Provenance,
  provenanceOfPlugin,
  TRANSFORMATIONS_ANNOTATION,
} from "./build-metadata.ts";
import { type BuilderContext, BuildState, type FoundFile } from "./build-state.ts";
import { addHashes } from "./content-hash.ts";
import { configOfCrds } from "./crds.ts";
import { failure, located, locatedSteps, type Place, unlessNoManifest } from "./errors.ts";
import { absorb, generateConfigMap, generateSecret, type GeneratorContext } from "./generators.ts";
import { isWebUrl, Loader } from "./loader.ts";
import { parseManifests } from "./manifests.ts";
import { fixNameReferences } from "./name-references.ts";
import { runGenerator, runTransformer } from "./plugins.ts";
import { PENDING } from "./remotes.ts";
import { parseRepository } from "./repository-url.ts";
import { Resource } from "./resource.ts";
import { ResourceSet } from "./resource-set.ts";
import { sortResources } from "./legacy-order.ts";
import { findFile, loadTarget, type Target } from "./target.ts";
import { mergeConfigs, parseConfig, type TransformerConfig } from "./transformer-config.ts";
import { runTransformers } from "./transformers.ts";
import { runValidator } from "./validators.ts";
import { bindVar, joinVars, resolveVars, type Vars } from "./vars.ts";

/** Resources on their way up a chain of kustomizations, and the fields that later transformers work on. */
interface Accumulator {
  set: ResourceSet;
  config: TransformerConfig;
  vars: Vars;
}

const LOCAL_CONFIG = "config.kubernetes.io/local-config";

/** One build: walks the kustomizations depth first and gathers their resources. */
export class Builder {
  readonly #state: BuildState;
  readonly #bases: BaseKeeper;
  #buildMetadata: readonly string[] = [];

  constructor(context: BuilderContext) {
    this.#state = new BuildState(context);
    this.#bases = new BaseKeeper(this.#state);
  }

  /** Folders of the kustomizations that are being built, the root first. After a failure, those that led to it. */
  get chain(): readonly string[] {
    return this.#state.chain.folders;
  }

  get warnings(): string[] {
    return [...this.#state.tracer.whole.warnings];
  }

  /** Annotations of `buildMetadata` that the root kustomization asks for. */
  get keptAnnotations(): ReadonlySet<string> {
    const kept = new Set<string>();
    if (this.#buildMetadata.includes("originAnnotations")) kept.add(ORIGIN_ANNOTATION);
    if (this.#buildMetadata.includes("transformerAnnotations")) kept.add(TRANSFORMATIONS_ANNOTATION);
    return kept;
  }

  /** @throws {KustomizeError} */
  *build(path: string): Steps<readonly Resource[]> {
    const { tree, restriction, remotes } = this.#state.context;
    const outside = new Loader("", { tree, restriction, remotes });
    const loader = outside.real(outside.resolve(path.replace(/^\/+/, "")));
    this.#state.chain.enter(loader);
    const target = loadTarget(this.#state, loader);
    this.#buildMetadata = target.kustomization.buildMetadata;
    if (this.#buildMetadata.length > 0) target.lineage = new Lineage();
    const whole = yield* this.#accumulate(target, this.#empty());
    yield* this.#finish(target, whole);
    this.#state.chain.leave();
    return whole.set.resources;
  }

  /** What happens once, at the root. */
  *#finish({ kustomization, file }: Target, { set, config, vars }: Accumulator): Steps<void> {
    const { context, budget, tracer } = this.#state;
    yield* addHashes(set);
    yield* fixNameReferences(set, config.nameReference);
    for (const name of yield* resolveVars({ set, vars, budget }, config.varReference)) {
      tracer.warn(`variable "${name}" is never used`);
    }
    yield;
    for (const resource of set.resources) demandName(resource);
    set.retain((resource) => (resource.annotations.get(LOCAL_CONFIG) ?? "false") === "false");
    const inherited =
      context.sort === "legacy" ? ({ order: "legacy", legacySortOptions: undefined } as const) : undefined;
    const order = kustomization.sortOptions ?? inherited;
    if (order !== undefined) located({ file, field: "sortOptions" }, () => sortResources(set, order));
    if (context.managedByLabel || this.#buildMetadata.includes("managedByLabel")) yield* labelAsManaged(set);
  }

  #empty(): Accumulator {
    return { set: new ResourceSet(), config: this.#state.defaults, vars: new Map() };
  }

  *#accumulate(target: Target, into: Accumulator): Steps<Accumulator> {
    const { kustomization, loader } = target;
    const start = yield* this.#accumulateResources(target, into);
    const config = this.#withConfigurations(target, start.config);
    yield* this.#generate(target, start.set);
    const whole = yield* this.#accumulateComponents(target, { ...start, config });
    const readText = (path: string) => loader.readText(path);
    const context = {
      set: whole.set,
      schema: this.#state.schema.schema,
      budget: this.#state.budget,
      folder: loader.folder,
      readText,
    };
    const plugins = yield* this.#configurations(target, "transformers");
    const ran = (kind: string) => this.#note(whole.set, target.lineage?.configured(target.name, kind));
    yield* runTransformers({ ...context, config: whole.config, kustomization, file: target.file, ran });
    for (const plugin of plugins) {
      yield* locatedSteps(plugin.origin, () => runTransformer(plugin, context));
      this.#note(whole.set, provenanceOfPlugin(plugin));
    }
    for (const validator of yield* this.#configurations(target, "validators")) {
      yield* locatedSteps(validator.origin, () => runValidator(validator, context));
    }
    return { ...whole, vars: this.#bindVars(target, whole) };
  }

  #note(set: ResourceSet, provenance: Provenance | undefined): void {
    if (provenance === undefined) return;
    noteTransformer(set, provenance);
    for (const resource of set.resources) this.#state.budget.spend(resource.name);
  }

  #bindVars({ kustomization, file }: Target, { set, vars }: Accumulator): Vars {
    let result = vars;
    for (const [index, entry] of kustomization.vars.entries()) {
      result = bindVar(set, entry, { vars: result, place: { file, field: `vars[${index}]` } });
    }
    return result;
  }

  *#accumulateResources(target: Target, into: Accumulator): Steps<Accumulator> {
    let result = into;
    for (const [index, entry] of target.kustomization.resources.entries()) {
      const place = { file: target.file, field: `resources[${index}]` };
      result = yield* locatedSteps(place, () => this.#accumulateEntry(target, entry, result));
      yield;
    }
    return result;
  }

  *#accumulateEntry(target: Target, entry: string, into: Accumulator): Steps<Accumulator> {
    const { loader } = target;
    if (entry === "") throw failure("NOT_FOUND", "the entry is empty");
    if (isWebUrl(entry)) return yield* this.#accumulateUrl(target, entry, into);
    const file = entry.startsWith("/") ? undefined : findFile(loader, entry);
    if (file === undefined) return yield* this.#accumulateFolder(target, entry, { into, component: false });
    yield* into.set.appendAll(yield* this.#readEntry(target, entry, file));
    return into;
  }

  /** A URL is tried as a file, and then as a repository. */
  *#accumulateUrl(target: Target, url: string, into: Accumulator): Steps<Accumulator> {
    const file = this.#state.context.remotes.file(url);
    if (file === PENDING) return into;
    const isRepository = parseRepository(url) !== undefined;
    if (file === null && !isRepository) throw failure("NOT_FOUND", `"${url}" does not exist`);
    const read = (found: FoundFile) => atOnce(this.#readEntry(target, url, found));
    const found = file === null ? undefined : { path: url, file };
    const resources = found && (isRepository ? unlessNoManifest(() => read(found)) : read(found));
    if (resources === undefined) return yield* this.#accumulateFolder(target, url, { into, component: false });
    yield* into.set.appendAll(resources);
    return into;
  }

  *#readEntry(target: Target, entry: string, file: FoundFile): Steps<Resource[]> {
    const resources = yield* this.#state.resourcesOf(file);
    const lineage = target.lineage?.to(entry);
    if (lineage !== undefined) for (const resource of resources) lineage.mark(resource);
    return resources;
  }

  *#accumulateComponents(target: Target, into: Accumulator): Steps<Accumulator> {
    let result = into;
    for (const [index, entry] of target.kustomization.components.entries()) {
      const place = { file: target.file, field: `components[${index}]` };
      result = yield* locatedSteps(place, () =>
        this.#accumulateFolder(target, entry, { into: result, component: true }),
      );
    }
    return result;
  }

  /** A base is built on its own and then added; a component works on what is there. */
  *#accumulateFolder(
    target: Target,
    entry: string,
    how: { into: Accumulator; component: boolean },
  ): Steps<Accumulator> {
    const loader = this.#state.chain.resolve(target.loader, entry);
    if (loader === PENDING) return how.into;
    this.#state.tracer.enter(loader.folder, this.#state.chain.length);
    this.#state.chain.enter(loader);
    const inner = loadTarget(this.#state, loader, target.lineage?.to(entry));
    const isComponent = inner.kustomization.kind === "Component";
    if (isComponent !== how.component) {
      const fact = how.component ? "is not a Component" : 'is a Component: list it under "components"';
      throw failure("KUSTOMIZATION_INVALID", `"${loader.shown(loader.folder)}" ${fact}`);
    }
    const built = yield* how.component
      ? this.#accumulate(inner, how.into)
      : this.#bases.base(inner, () => this.#buildBase(inner));
    this.#state.chain.leave();
    if ("set" in built) {
      built.set.demandDistinct();
      return built;
    }
    yield* how.into.set.appendAll(built.resources);
    const config = mergeConfigs(how.into.config, built.config);
    return { set: how.into.set, config, vars: joinVars(how.into.vars, built.vars) };
  }

  *#buildBase(target: Target): Steps<BuiltBase> {
    const { set, config, vars } = yield* this.#accumulate(target, this.#empty());
    return { resources: set.resources, config, vars, schema: this.#state.schema };
  }

  #withConfigurations(target: Target, config: TransformerConfig): TransformerConfig {
    const { kustomization, loader, file } = target;
    let result = mergeConfigs(config, this.#state.defaults);
    const add = (field: string, entry: string, parse: (content: string, path: string) => TransformerConfig) => {
      located({ file, field }, () => {
        const { path, text } = loader.readText(entry);
        result = mergeConfigs(result, parse(text, path));
      });
    };
    for (const [index, entry] of kustomization.configurations.entries()) {
      add(`configurations[${index}]`, entry, parseConfig);
    }
    for (const [index, entry] of kustomization.crds.entries()) add(`crds[${index}]`, entry, configOfCrds);
    return result;
  }

  *#generate(target: Target, set: ResourceSet): Steps<void> {
    const { kustomization, loader, file, lineage } = target;
    const add = (made: Resource, kind: string) => {
      markGenerated(made, lineage?.configured(target.name, kind));
      absorb(set, made);
    };
    const context: GeneratorContext = {
      options: kustomization.generatorOptions,
      read: (path) => {
        const { content } = loader.read(path);
        this.#state.budget.spendText(content.length);
        return content;
      },
      origin: { file },
      schema: this.#state.schema.schema,
    };
    for (const [index, entry] of kustomization.configMapGenerator.entries()) {
      const place = { file, field: `configMapGenerator[${index}]` };
      located(place, () => add(generateConfigMap(entry, context), "ConfigMapGenerator"));
      yield;
    }
    for (const [index, entry] of kustomization.secretGenerator.entries()) {
      const place = { file, field: `secretGenerator[${index}]` };
      located(place, () => add(generateSecret(entry, context), "SecretGenerator"));
      yield;
    }
    for (const plugin of yield* this.#configurations(target, "generators")) {
      const made = located(plugin.origin, () => runGenerator(plugin, context));
      markGenerated(made, provenanceOfPlugin(plugin));
      absorb(set, made);
    }
  }

  /** The objects that configure plugins: each entry is the text of some, or else a file or folder of them. */
  *#configurations(target: Target, field: "generators" | "transformers" | "validators"): Steps<readonly Resource[]> {
    let result = this.#empty();
    const paths: (readonly [index: number, path: string])[] = [];
    for (const [index, entry] of target.kustomization[field].entries()) {
      const inline = this.#inlineConfigurations(entry, { file: target.file, field: `${field}[${index}]` });
      for (const each of inline ?? []) target.lineage?.to(target.name).mark(each);
      if (inline === undefined) paths.push([index, entry]);
      else yield* result.set.appendAll(inline);
    }
    for (const [index, path] of paths) {
      const place = { file: target.file, field: `${field}[${index}]` };
      result = yield* locatedSteps(place, () => this.#accumulateEntry(target, path, result));
    }
    return result.set.resources;
  }

  #inlineConfigurations(text: string, place: Place): Resource[] | undefined {
    const objects = unlessNoManifest(() => parseManifests(text, place.file));
    return objects?.map(({ value }) => new Resource(value, { origin: place, schema: this.#state.schema.schema }));
  }
}

/** A transformer can take a name away. */
function demandName({ name, kind, origin }: Resource): void {
  if (name !== "" || (kind !== "" && kind.endsWith("List"))) return;
  const lacks = kind === "" ? "an object has no kind" : `${kind} has no name`;
  throw failure("TRANSFORM_FAILED", `${lacks} any more`, { place: origin });
}
