import { atOnce, cloneJson, inBatches, type Steps } from "@sluice/base";
import { Tracer } from "./build-trace.ts";
import { BuildCache } from "./cache.ts";
import { Chain } from "./chain.ts";
import { CopyBudget } from "./copy-budget.ts";
import { customSchema } from "./custom-schema.ts";
import { failure } from "./errors.ts";
import { compiledInSchema, type KubernetesSchema, type SchemaInUse } from "./kubernetes-schema.ts";
import { type LoadRestriction, textOfFile } from "./loader.ts";
import { readManifests } from "./manifests.ts";
import { type RecordingTree, type SourceFile } from "./recording-tree.ts";
import { type RemoteReader } from "./remotes.ts";
import { Resource } from "./resource.ts";
import { copyWithTexts } from "./scalar-texts.ts";
import { defaultConfig, type TransformerConfig } from "./transformer-config.ts";

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

/** A file and the path that it is shown by. */
export interface FoundFile {
  path: string;
  file: SourceFile;
}

/** The only version of the schema that is compiled in. */
const BUILT_IN_SCHEMA = "v1.21.2";
/** What a build keeps of its own files when it has no cache: kustomizations that it meets again. */
const OWN_CACHE_BYTES = 1 << 20;

/** What all parts of one build share: where it is, what it has done, and what it may still do. */
export class BuildState {
  readonly context: BuilderContext;
  readonly cache: BuildCache;
  readonly defaults: TransformerConfig;
  readonly tracer = new Tracer();
  readonly chain: Chain;
  readonly budget: CopyBudget;
  /** The schema as the kustomizations so far have it. */
  schema: SchemaInUse;

  constructor(context: BuilderContext) {
    this.context = context;
    this.chain = new Chain({ depth: context.limits.depth, remotes: context.remotes });
    this.budget = new CopyBudget(context.limits.copies);
    this.cache = context.cache ?? new BuildCache(OWN_CACHE_BYTES);
    const schema = context.schema ?? this.cache.get("compiled-in-schema", 0, compiledInSchema);
    this.schema = { schema, isOwn: false };
    this.defaults = this.cache.get("default-config", 0, defaultConfig);
  }

  /** What `parse` makes of a file, from the cache if the same content was parsed before. @throws {KustomizeError} */
  parsed<T>(role: string, source: FoundFile, parse: (text: string) => T): T {
    const steps = function* (text: string): Steps<T> {
      yield;
      return parse(text);
    };
    return atOnce(this.#parsedInSteps(role, source, steps));
  }

  *#parsedInSteps<T>(role: string, { path, file }: FoundFile, parse: (text: string) => Steps<T>): Steps<T> {
    const key = `${role} ${file.digest}`;
    const known = this.cache.find<T>(key);
    if (known !== undefined) return known;
    this.cache.count("filesParsed");
    const value = yield* parse(textOfFile(file, { file: path }));
    this.cache.put(key, value, file.content.length);
    return value;
  }

  /** The resources of a file. @throws {KustomizeError} MANIFEST_INVALID or TOO_LARGE */
  *resourcesOf(source: FoundFile): Steps<Resource[]> {
    const { path } = source;
    const isShared = this.context.cache !== undefined;
    const parse = (text: string) => readManifests(text, path);
    const objects = yield* isShared
      ? this.#parsedInSteps("manifests", source, parse)
      : parse(textOfFile(source.file, { file: path }));
    this.count("resources", objects.length);
    const { schema } = this.schema;
    const resources: Resource[] = [];
    yield* inBatches(objects, ({ value, line, texts, hasTexts }) => {
      this.budget.spend(value);
      const context = { origin: { file: path, line }, schema, texts: hasTexts ? texts : undefined };
      const own = isShared ? (hasTexts ? copyWithTexts(value, texts) : cloneJson(value)) : value;
      resources.push(new Resource(own, context));
    });
    return resources;
  }

  /** @throws {KustomizeError} TOO_LARGE */
  count(what: "kustomizations" | "resources", more: number): void {
    this.tracer.count(what, more);
    const limit = this.context.limits[what];
    if (this.tracer.whole[what] > limit) throw failure("TOO_LARGE", `more than ${limit} ${what}`);
  }

  /**
   * The first kustomization that says which schema to use says it for the whole build.
   * @throws {KustomizeError} KUSTOMIZATION_INVALID
   */
  adoptSchema({ source, version }: { source: FoundFile | undefined; version: string | undefined }): void {
    if (this.schema.isOwn || (source === undefined && !version)) return;
    if (source !== undefined && version !== undefined) {
      throw failure("KUSTOMIZATION_INVALID", "openapi has both a path and a version");
    }
    if (version !== undefined && version !== BUILT_IN_SCHEMA) {
      throw failure("KUSTOMIZATION_INVALID", `openapi.version must be "${BUILT_IN_SCHEMA}", not "${version}"`);
    }
    const { schema: builtIn } = this.schema;
    const role = `schema over ${this.cache.idOf(builtIn)}`;
    const parse = (text: string) => customSchema(text, source?.path ?? "", builtIn);
    this.schema = { schema: source === undefined ? builtIn : this.parsed(role, source, parse), isOwn: true };
  }
}
