import { cloneJson } from "@sluice/base";
import { BaseCache, type BuiltBase, type KeptBase } from "./base-cache.ts";
import {
  labelAsManaged,
  Lineage,
  markGenerated,
  noteTransformer,
  ORIGIN_ANNOTATION,
  type Provenance,
  provenanceOfPlugin,
  TRANSFORMATIONS_ANNOTATION,
} from "./build-metadata.ts";
import { Tracer } from "./build-trace.ts";
import { BuildCache } from "./cache.ts";
import { addHashes } from "./content-hash.ts";
import { Chain } from "./chain.ts";
import { CopyBudget } from "./copy-budget.ts";
import { configOfCrds } from "./crds.ts";
import { customSchema } from "./custom-schema.ts";
import { asFailure, failure, KustomizeError, type Place } from "./errors.ts";
import { absorb, generateConfigMap, generateSecret, type GeneratorContext } from "./generators.ts";
import { compiledInSchema, type KubernetesSchema, type SchemaInUse } from "./kubernetes-schema.ts";
import { parseKustomization, type Kustomization } from "./kustomization.ts";
import { isWebUrl, Loader, textOfFile, type LoadRestriction } from "./loader.ts";
import { parseManifests } from "./manifests.ts";
import { fixNameReferences } from "./name-references.ts";
import { runGenerator, runTransformer } from "./plugins.ts";
import { type RecordingTree, type SourceFile } from "./recording-tree.ts";
import { PENDING, type RemoteReader } from "./remotes.ts";
import { parseRepository } from "./repository-url.ts";
import { Resource } from "./resource.ts";
import { ResourceSet } from "./resource-set.ts";
import { sortResources } from "./legacy-order.ts";
import { defaultConfig, mergeConfigs, parseConfig, type TransformerConfig } from "./transformer-config.ts";
import { runTransformers } from "./transformers.ts";
import { runValidator } from "./validators.ts";
import { bindVar, joinVars, resolveVars, type Vars } from "./vars.ts";

/** What one build goes by. */
export interface BuilderContext {
  tree: RecordingTree;
  /** Where parsed files and bases are kept for later builds, if there are any. */
  cache: BuildCache | undefined;
  limits: { resources: number; kustomizations: number; depth: number; copies: number };
  restriction: LoadRestriction;
  remotes: RemoteReader;
  sort: "none" | "legacy";
  /** Undefined for the compiled-in one. */
  schema: KubernetesSchema | undefined;
  managedByLabel: boolean;
}

/** Resources on their way up a chain of kustomizations, and the fields that later transformers work on. */
interface Accumulator {
  set: ResourceSet;
  config: TransformerConfig;
  vars: Vars;
}

/** A file and the path that it is shown by. */
interface FoundFile {
  path: string;
  file: SourceFile;
}

/** A kustomization that is being built. */
interface Target {
  kustomization: Kustomization;
  loader: Loader;
  /** Path of the kustomization file, and its name in the folder. */
  file: string;
  name: string;
  /** Digest of its content. */
  digest: string;
  /** How the root came here, if the root's `buildMetadata` asks for anything. */
  lineage: Lineage | undefined;
}

const FILE_NAMES = ["kustomization.yaml", "kustomization.yml", "Kustomization"] as const;
/** The only version of the schema that is compiled in. */
const BUILT_IN_SCHEMA = "v1.21.2";
/** What a build keeps of its own files when it has no cache: kustomizations that it meets again. */
const OWN_CACHE_BYTES = 1 << 20;
const LOCAL_CONFIG = "config.kubernetes.io/local-config";

/** One build: walks the kustomizations depth first and gathers their resources. */
export class Builder {
  readonly #context: BuilderContext;
  readonly #cache: BuildCache;
  readonly #bases: BaseCache | undefined;
  #schema: SchemaInUse;
  readonly #defaults: TransformerConfig;
  readonly #tracer = new Tracer();
  readonly #chain: Chain;
  readonly #budget: CopyBudget;
  #buildMetadata: readonly string[] = [];

  constructor(context: BuilderContext) {
    this.#context = context;
    this.#chain = new Chain({ depth: context.limits.depth, remotes: context.remotes });
    this.#budget = new CopyBudget(context.limits.copies);
    this.#cache = context.cache ?? new BuildCache(OWN_CACHE_BYTES);
    this.#bases = context.cache && new BaseCache(context.cache);
    const schema = context.schema ?? this.#cache.get("compiled-in-schema", 0, compiledInSchema);
    this.#schema = { schema, isOwn: false };
    this.#defaults = this.#cache.get("default-config", 0, defaultConfig);
  }

  /** Folders of the kustomizations that are being built, the root first. After a failure, those that led to it. */
  get chain(): readonly string[] {
    return this.#chain.folders;
  }

  get warnings(): string[] {
    return [...this.#tracer.whole.warnings];
  }

  /** Annotations of `buildMetadata` that the root kustomization asks for. */
  get keptAnnotations(): ReadonlySet<string> {
    const kept = new Set<string>();
    if (this.#buildMetadata.includes("originAnnotations")) kept.add(ORIGIN_ANNOTATION);
    if (this.#buildMetadata.includes("transformerAnnotations")) kept.add(TRANSFORMATIONS_ANNOTATION);
    return kept;
  }

  /** @throws {KustomizeError} */
  build(path: string): readonly Resource[] {
    const { tree, restriction, remotes } = this.#context;
    const outside = new Loader("", { tree, restriction, remotes });
    const loader = outside.real(outside.resolve(path.replace(/^\/+/, "")));
    this.#chain.enter(loader);
    const target = this.#load(loader);
    this.#buildMetadata = target.kustomization.buildMetadata;
    if (this.#buildMetadata.length > 0) target.lineage = new Lineage();
    const { set, config, vars } = this.#accumulate(target, this.#empty());
    addHashes(set);
    fixNameReferences(set, config.nameReference);
    for (const name of resolveVars({ set, vars, budget: this.#budget }, config.varReference)) {
      this.#tracer.warn(`variable "${name}" is never used`);
    }
    for (const resource of set.resources) demandName(resource);
    set.retain((resource) => (resource.annotations.get(LOCAL_CONFIG) ?? "false") === "false");
    const { sortOptions } = target.kustomization;
    const place = { file: target.file, field: "sortOptions" };
    if (sortOptions !== undefined) located(place, () => sortResources(set, sortOptions));
    else if (this.#context.sort === "legacy") sortResources(set, { order: "legacy", legacySortOptions: undefined });
    if (this.#context.managedByLabel || this.#buildMetadata.includes("managedByLabel")) labelAsManaged(set);
    this.#chain.leave();
    return set.resources;
  }

  #empty(): Accumulator {
    return { set: new ResourceSet(), config: this.#defaults, vars: new Map() };
  }

  #load(loader: Loader, lineage?: Lineage): Target {
    this.#tracer.count("kustomizations", 1);
    this.#demand(this.#tracer.whole.kustomizations <= this.#context.limits.kustomizations, "kustomizations");
    const [found, second] = FILE_NAMES.flatMap((name) => {
      const found = this.#findFile(loader, name);
      return found === undefined ? [] : [{ ...found, name }];
    });
    if (found === undefined) {
      throw failure("NO_KUSTOMIZATION", `there is no kustomization file in "${loader.shown(loader.folder) || "."}"`);
    }
    if (second !== undefined) {
      throw failure("KUSTOMIZATION_INVALID", `"${found.path}" and "${second.path}" are both kustomization files`);
    }
    const { path, name } = found;
    const parsed = this.#parsed("kustomization", found, (text) => parseKustomization(text, path));
    for (const warning of parsed.warnings) this.#tracer.warn(`${path}: ${warning}`);
    const { digest } = found.file;
    const target = { kustomization: parsed.kustomization, loader, file: path, name, digest, lineage };
    located({ file: path, field: "openapi" }, () => this.#setSchema(target));
    return target;
  }

  /** The first kustomization that says which schema to use says it for the whole build. */
  #setSchema({ kustomization, loader }: Target): void {
    const [path, version] = [kustomization.openapi.get("path"), kustomization.openapi.get("version")];
    const source = path === undefined ? undefined : loader.readText(path);
    if (this.#schema.isOwn || (source === undefined && !version)) return;
    if (source !== undefined && version !== undefined) {
      throw failure("KUSTOMIZATION_INVALID", "openapi has both a path and a version");
    }
    if (version !== undefined && version !== BUILT_IN_SCHEMA) {
      throw failure("KUSTOMIZATION_INVALID", `openapi.version must be "${BUILT_IN_SCHEMA}", not "${version}"`);
    }
    const { schema: builtIn } = this.#schema;
    const role = `schema over ${this.#cache.idOf(builtIn)}`;
    const parse = (text: string) => customSchema(text, source?.path ?? "", builtIn);
    this.#schema = { schema: source === undefined ? builtIn : this.#parsed(role, source, parse), isOwn: true };
  }

  /** What `parse` makes of a file, from the cache if the same content was parsed before. */
  #parsed<T>(role: string, source: FoundFile, parse: (text: string) => T): T {
    const { path, file } = source;
    return this.#cache.get(`${role} ${file.digest}`, file.content.length, () => {
      this.#cache.count("filesParsed");
      return parse(textOfFile(file, { file: path }));
    });
  }

  #accumulate(target: Target, into: Accumulator): Accumulator {
    const { kustomization, loader } = target;
    const start = this.#accumulateResources(target, into);
    const config = this.#withConfigurations(target, start.config);
    this.#generate(target, start.set);
    const whole = this.#accumulateComponents(target, { ...start, config });
    const readText = (path: string) => loader.readText(path);
    const context = {
      set: whole.set,
      schema: this.#schema.schema,
      budget: this.#budget,
      folder: loader.folder,
      readText,
    };
    const plugins = this.#configurations(target, "transformers");
    const ran = (kind: string) => this.#note(whole.set, target.lineage?.configured(target.name, kind));
    runTransformers({ ...context, config: whole.config, kustomization, file: target.file, ran });
    for (const plugin of plugins) {
      located(plugin.origin, () => runTransformer(plugin, context));
      this.#note(whole.set, provenanceOfPlugin(plugin));
    }
    for (const validator of this.#configurations(target, "validators")) {
      located(validator.origin, () => runValidator(validator, context));
    }
    return { ...whole, vars: this.#bindVars(target, whole) };
  }

  #note(set: ResourceSet, provenance: Provenance | undefined): void {
    if (provenance === undefined) return;
    noteTransformer(set, provenance);
    for (const resource of set.resources) this.#budget.spend(resource.name);
  }

  #bindVars({ kustomization, file }: Target, { set, vars }: Accumulator): Vars {
    let result = vars;
    for (const [index, entry] of kustomization.vars.entries()) {
      result = bindVar(set, entry, { vars: result, place: { file, field: `vars[${index}]` } });
    }
    return result;
  }

  #accumulateResources(target: Target, into: Accumulator): Accumulator {
    let result = into;
    for (const [index, entry] of target.kustomization.resources.entries()) {
      const place = { file: target.file, field: `resources[${index}]` };
      result = located(place, () => this.#accumulateEntry(target, entry, result));
    }
    return result;
  }

  #accumulateEntry(target: Target, entry: string, into: Accumulator): Accumulator {
    const { loader } = target;
    if (entry === "") throw failure("NOT_FOUND", "the entry is empty");
    if (isWebUrl(entry)) return this.#accumulateUrl(target, entry, into);
    const file = entry.startsWith("/") ? undefined : this.#findFile(loader, entry);
    if (file === undefined) return this.#accumulateFolder(target, entry, { into, component: false });
    into.set.appendAll(this.#readEntry(target, entry, file));
    return into;
  }

  /** A URL is tried as a file, and then as a repository. */
  #accumulateUrl(target: Target, url: string, into: Accumulator): Accumulator {
    const file = this.#context.remotes.file(url);
    if (file === PENDING) return into;
    const isRepository = parseRepository(url) !== undefined;
    if (file === null && !isRepository) throw failure("NOT_FOUND", `"${url}" does not exist`);
    const resources = file === null ? undefined : this.#tryResources(target, { path: url, file }, isRepository);
    if (resources === undefined) return this.#accumulateFolder(target, url, { into, component: false });
    into.set.appendAll(resources);
    return into;
  }

  #tryResources(target: Target, file: FoundFile, mayFail: boolean): Resource[] | undefined {
    try {
      return this.#readEntry(target, file.path, file);
    } catch (thrown) {
      if (mayFail && thrown instanceof KustomizeError && thrown.code === "MANIFEST_INVALID") return undefined;
      throw thrown;
    }
  }

  #readEntry(target: Target, entry: string, file: FoundFile): Resource[] {
    const resources = this.#readResources(file);
    const lineage = target.lineage?.to(entry);
    if (lineage !== undefined) for (const resource of resources) lineage.mark(resource);
    return resources;
  }

  #findFile(loader: Loader, entry: string): FoundFile | undefined {
    const path = loader.resolve(entry);
    const file = loader.find(path);
    return file === undefined ? undefined : { path: loader.shown(path), file };
  }

  #readResources(source: FoundFile): Resource[] {
    const { path } = source;
    const isShared = this.#context.cache !== undefined;
    const parse = (text: string) => parseManifests(text, path);
    const objects = isShared
      ? this.#parsed("manifests", source, parse)
      : parse(textOfFile(source.file, { file: path }));
    this.#tracer.count("resources", objects.length);
    this.#demand(this.#tracer.whole.resources <= this.#context.limits.resources, "resources");
    const { schema } = this.#schema;
    return objects.map(({ value, line }) => {
      return new Resource(isShared ? cloneJson(value) : value, { origin: { file: path, line }, schema });
    });
  }

  #accumulateComponents(target: Target, into: Accumulator): Accumulator {
    let result = into;
    for (const [index, entry] of target.kustomization.components.entries()) {
      const place = { file: target.file, field: `components[${index}]` };
      result = located(place, () => this.#accumulateFolder(target, entry, { into: result, component: true }));
    }
    return result;
  }

  /** A base is built on its own and then added; a component works on what is there. */
  #accumulateFolder(target: Target, entry: string, how: { into: Accumulator; component: boolean }): Accumulator {
    const loader = this.#chain.resolve(target.loader, entry);
    if (loader === PENDING) return how.into;
    this.#tracer.enter(loader.folder, this.#chain.length);
    this.#chain.enter(loader);
    const inner = this.#load(loader, target.lineage?.to(entry));
    const isComponent = inner.kustomization.kind === "Component";
    if (isComponent !== how.component) {
      const fact = how.component ? "is not a Component" : 'is a Component: list it under "components"';
      throw failure("KUSTOMIZATION_INVALID", `"${loader.shown(loader.folder)}" ${fact}`, {
        place: { file: inner.file },
      });
    }
    const built = how.component ? this.#accumulate(inner, how.into) : this.#base(inner);
    this.#chain.leave();
    if ("set" in built) {
      built.set.demandDistinct();
      return built;
    }
    how.into.set.appendAll(built.resources);
    const config = mergeConfigs(how.into.config, built.config);
    return { set: how.into.set, config, vars: joinVars(how.into.vars, built.vars) };
  }

  /** A base from the cache, if all that it was built from is as it was then, else built. */
  #base(target: Target): BuiltBase {
    const { loader, lineage } = target;
    const bases = loader.isRemote || lineage !== undefined ? undefined : this.#bases;
    if (bases === undefined) return this.#buildBase(target);
    const key = this.#keyOf(target);
    const known = bases.find(key, (kept) => this.#holds(kept, loader));
    if (known === undefined) return this.#keepBase(bases, key, target);
    this.#context.tree.replay(known.inputs);
    this.#tracer.replay(known.trace, this.#chain.length);
    this.#budget.spendCopies(known.copies);
    this.#schema = known.base.schema;
    return known.base;
  }

  /** Names what a base depends on beside the files that it reads. */
  #keyOf({ loader, digest }: Target): string {
    const { schema, isOwn } = this.#schema;
    return ["base", loader.folder, digest, this.#context.restriction, this.#cache.idOf(schema), isOwn].join("\0");
  }

  /** True if building the base here and now would give what was kept, and passes every limit. */
  #holds({ inputs, trace, copies }: KeptBase, loader: Loader): boolean {
    const { limits, tree } = this.#context;
    const { whole } = this.#tracer;
    const isInLimits =
      whole.kustomizations + trace.kustomizations <= limits.kustomizations &&
      whole.resources + trace.resources <= limits.resources &&
      this.#chain.length + trace.levels <= limits.depth &&
      this.#budget.spent + copies <= limits.copies;
    if (!isInLimits) return false;
    const isCycle = [...trace.folders].some((folder) => this.#chain.visited(loader.beside(folder)) !== undefined);
    return !isCycle && tree.holds(inputs);
  }

  /** Builds a base and keeps it; not if it asked for remotes, which are no inputs of the tree. */
  #keepBase(bases: BaseCache, key: string, target: Target): BuiltBase {
    const { tree, remotes } = this.#context;
    const [asked, spent] = [remotes.asked, this.#budget.spent];
    const build = () => this.#tracer.part(this.#chain.length, () => this.#buildBase(target));
    const { value, inputs } = tree.part(build);
    const kept = { base: value.value, inputs, trace: value.trace, copies: this.#budget.spent - spent };
    if (remotes.asked === asked) bases.keep(key, kept);
    return value.value;
  }

  #buildBase(target: Target): BuiltBase {
    const { set, config, vars } = this.#accumulate(target, this.#empty());
    return { resources: set.resources, config, vars, schema: this.#schema };
  }

  #withConfigurations(target: Target, config: TransformerConfig): TransformerConfig {
    const { kustomization, loader, file } = target;
    let result = mergeConfigs(config, this.#defaults);
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

  #generate(target: Target, set: ResourceSet): void {
    const { kustomization, loader, file, lineage } = target;
    const add = (made: Resource, kind: string) => {
      markGenerated(made, lineage?.configured(target.name, kind));
      absorb(set, made);
    };
    const context: GeneratorContext = {
      options: kustomization.generatorOptions,
      read: (path) => loader.read(path).content,
      origin: { file },
      schema: this.#schema.schema,
    };
    for (const [index, entry] of kustomization.configMapGenerator.entries()) {
      const place = { file, field: `configMapGenerator[${index}]` };
      located(place, () => add(generateConfigMap(entry, context), "ConfigMapGenerator"));
    }
    for (const [index, entry] of kustomization.secretGenerator.entries()) {
      const place = { file, field: `secretGenerator[${index}]` };
      located(place, () => add(generateSecret(entry, context), "SecretGenerator"));
    }
    for (const plugin of this.#configurations(target, "generators")) {
      const made = located(plugin.origin, () => runGenerator(plugin, context));
      markGenerated(made, provenanceOfPlugin(plugin));
      absorb(set, made);
    }
  }

  /** The objects that configure plugins: each entry is the text of some, or else a file or folder of them. */
  #configurations(target: Target, field: "generators" | "transformers" | "validators"): readonly Resource[] {
    let result = this.#empty();
    const paths: (readonly [index: number, path: string])[] = [];
    for (const [index, entry] of target.kustomization[field].entries()) {
      const inline = this.#inlineConfigurations(entry, { file: target.file, field: `${field}[${index}]` });
      for (const each of inline ?? []) target.lineage?.to(target.name).mark(each);
      if (inline === undefined) paths.push([index, entry]);
      else result.set.appendAll(inline);
    }
    for (const [index, path] of paths) {
      const place = { file: target.file, field: `${field}[${index}]` };
      result = located(place, () => this.#accumulateEntry(target, path, result));
    }
    return result.set.resources;
  }

  #inlineConfigurations(text: string, place: Place): Resource[] | undefined {
    try {
      const objects = parseManifests(text, place.file);
      return objects.map(({ value }) => new Resource(value, { origin: place, schema: this.#schema.schema }));
    } catch (thrown) {
      if (thrown instanceof KustomizeError && thrown.code === "MANIFEST_INVALID") return undefined;
      throw thrown;
    }
  }

  #demand(holds: boolean, limit: "kustomizations" | "resources"): void {
    if (!holds) throw failure("TOO_LARGE", `more than ${this.#context.limits[limit]} ${limit}`);
  }
}

/** A transformer can take a name away. */
function demandName({ name, kind, origin }: Resource): void {
  if (name !== "" || (kind !== "" && kind.endsWith("List"))) return;
  const lacks = kind === "" ? "an object has no kind" : `${kind} has no name`;
  throw failure("TRANSFORM_FAILED", `${lacks} any more`, { place: origin });
}

/** Runs `task`; an error that does not know its place gets `place`. */
function located<T>(place: Place, task: () => T): T {
  try {
    return task();
  } catch (thrown) {
    const failed = asFailure(thrown);
    if (!(failed instanceof KustomizeError) || failed.data.place !== undefined) throw failed;
    throw failure(failed.code, failed.message, { place, cause: failed.cause });
  }
}
