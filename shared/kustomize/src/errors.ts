import { type Steps, ToolkitError } from "@sluice/base";
import { withoutPassword, type RemoteRequest } from "./remote-request.ts";

/** Where in the tree an error lies. */
export interface Place {
  /** Path of the file, relative to the root of the tree. */
  file: string;
  /** Line from 1, where it is known. */
  line?: number;
  /** The field of the kustomization, such as `patches[2].path`, where it is known. */
  field?: string;
}

/** Facts that every error carries: the place, and the kustomizations (folders) that led there, the root first. */
export interface BuildFacts {
  place?: Place;
  chain: readonly string[];
}

/** Every way in which a build fails. */
export interface KustomizeErrors {
  /** A folder that must hold a kustomization has none. */
  NO_KUSTOMIZATION: BuildFacts;
  /** A kustomization is not YAML, has unknown fields or values of the wrong type. */
  KUSTOMIZATION_INVALID: BuildFacts;
  /** A field that Sluice does not build: Helm charts, functions, plugins. */
  NOT_SUPPORTED: BuildFacts;
  /** A path leads to nothing. */
  NOT_FOUND: BuildFacts;
  /** A path leaves the tree, or the folder that the load restriction allows. */
  FORBIDDEN_PATH: BuildFacts;
  /** An entry names a remote repository or URL that is refused, or was not fetched. */
  REMOTE: BuildFacts & { missing?: readonly RemoteRequest[] };
  /** A kustomization includes itself, or chains are too deep. */
  CYCLE: BuildFacts;
  /** A manifest is not YAML or not a Kubernetes object. */
  MANIFEST_INVALID: BuildFacts;
  /** Two resources have one id. */
  CONFLICT: BuildFacts;
  /** A patch does not parse, finds no single target, or does not apply. */
  PATCH_FAILED: BuildFacts;
  /** A generator has bad sources, or what it should merge with is missing. */
  GENERATOR_FAILED: BuildFacts;
  /** A transformer cannot do what its field says. */
  TRANSFORM_FAILED: BuildFacts;
  /** More files, resources or bytes than allowed. */
  TOO_LARGE: BuildFacts;
}

export class KustomizeError<C extends keyof KustomizeErrors = keyof KustomizeErrors> extends ToolkitError<
  C,
  KustomizeErrors[C]
> {}

/** What `fail` needs beside the fact. */
export interface FailOptions {
  place?: Place;
  cause?: unknown;
}

/** An error without a chain; `withChain` adds it where the kustomization that was being built is known. */
export function failure(code: keyof KustomizeErrors, fact: string, options: FailOptions = {}): KustomizeError {
  const { place, cause } = options;
  const data: BuildFacts = place === undefined ? { chain: [] } : { place, chain: [] };
  return new KustomizeError(code, fact, data, cause === undefined ? undefined : { cause });
}

/** The error of an entry that is a text of its own, but none that makes sense. It may hold a Secret, so it is not shown. */
export function noObject(): KustomizeError {
  return failure("NOT_FOUND", "the inline text is neither a valid object nor the path of a file");
}

/** Deep manifests can exhaust the stack of whatever walks them, and texts the length that the engine allows. */
export function asFailure(thrown: unknown): unknown {
  if (!(thrown instanceof RangeError)) return thrown;
  const isStack = thrown.message.includes("call stack");
  return failure("TOO_LARGE", isStack ? "an object is nested too deeply" : "a text is too long", { cause: thrown });
}

/**
 * The error that leaves the builder: its message names the place and the chain of kustomizations.
 * Errors of other classes pass through unchanged.
 */
export function withChain(thrown: unknown, chain: readonly string[]): unknown {
  if (!(thrown instanceof KustomizeError) || thrown.data.chain.length > 0) return thrown;
  const { place } = thrown.data;
  const at = place === undefined ? [] : [`in ${describePlace(place)}`];
  const via = chain.length > 1 ? [`included by ${chain.slice(0, -1).reverse().map(quoted).join(" of ")}`] : [];
  const where = [...at, ...via].join("; ");
  const fact = withoutPassword(thrown.message);
  const message = `Cannot build ${quoted(chain.at(-1) ?? "")}: ${fact}${where === "" ? "" : ` (${where})`}`;
  const data: BuildFacts = place === undefined ? { chain } : { place, chain };
  return new KustomizeError(
    thrown.code,
    message,
    data,
    thrown.cause === undefined ? undefined : { cause: thrown.cause },
  );
}

function describePlace(place: Place): string {
  const line = place.line === undefined ? "" : `, line ${place.line}`;
  const field = place.field === undefined ? "" : `, field ${place.field}`;
  return `${quoted(place.file)}${line}${field}`;
}

function quoted(path: string): string {
  return `"${path === "" ? "." : withoutPassword(path)}"`;
}

/** What `read` makes of a text that may be a manifest; undefined if it is none. @throws what else `read` throws */
export function unlessNoManifest<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (thrown) {
    if (thrown instanceof KustomizeError && thrown.code === "MANIFEST_INVALID") return undefined;
    throw thrown;
  }
}

/** Runs `task`; an error that does not know its place gets `place`. @throws {KustomizeError} and what `task` throws */
export function located<T>(place: Place, task: () => T): T {
  try {
    return task();
  } catch (thrown) {
    throw placed(thrown, place);
  }
}

/** As `located`, for a task in steps. @throws {KustomizeError} and what `task` throws */
export function* locatedSteps<T>(place: Place, task: () => Steps<T>): Steps<T> {
  try {
    return yield* task();
  } catch (thrown) {
    throw placed(thrown, place);
  }
}

function placed(thrown: unknown, place: Place): unknown {
  const failed = asFailure(thrown);
  if (!(failed instanceof KustomizeError) || failed.data.place !== undefined) return failed;
  return failure(failed.code, failed.message, { place, cause: failed.cause });
}
