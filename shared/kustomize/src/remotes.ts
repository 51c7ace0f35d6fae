import { sha256Hex } from "@sluice/base";
import { failure, KustomizeError } from "./errors.ts";
import { type FileTree, type TreeInputs } from "./file-tree.ts";
import { RecordingTree, type SourceFile } from "./recording-tree.ts";
import { describeRemote, remoteKey, type RemoteRequest } from "./remote-request.ts";
import { type RepositoryUrl } from "./repository-url.ts";

/**
 * What a build may know of the world outside its tree. Both answer at once from what was fetched before: `null` says that
 * there is no such thing, `undefined` that it was not fetched, which ends the build with an error that lists it.
 */
export interface RemoteSource {
  /** The content of a file by its `http` or `https` URL. Kustomize asks for every such URL, also those of repositories, first. */
  file(url: string): Uint8Array | null | undefined;
  /** The whole tree of a repository at `ref`, whatever `path` says. */
  repository(repository: RepositoryUrl): FileTree | null | undefined;
}

/** What a build learned from one remote: the digest of a file, or what it looked at in a repository; `null` if it is not there. */
export interface RemoteInput {
  readonly request: RemoteRequest;
  readonly read: string | TreeInputs | null;
}

/** Stands for a remote that was not fetched yet: the build goes on without it, to find what else is missing. */
export const PENDING = Symbol("pending");

type Known =
  | { request: RemoteRequest; file: SourceFile | null }
  | { request: RemoteRequest; tree: RecordingTree | null };

/** The remotes of one build: each is asked for once, and noted. */
export class RemoteReader {
  readonly #source: RemoteSource | undefined;
  readonly #limit: number;
  readonly #known = new Map<string, Known>();
  readonly #missing = new Map<string, RemoteRequest>();
  #asked = 0;

  /** @param context without a `source`, remotes are refused; `limit` is the largest number of them. */
  constructor(context: { source: RemoteSource | undefined; limit: number }) {
    this.#source = context.source;
    this.#limit = context.limit;
  }

  /** What was asked for and is not fetched yet. */
  get missing(): readonly RemoteRequest[] {
    return [...this.#missing.values()];
  }

  /** How often something was asked for, also what was known. */
  get asked(): number {
    return this.#asked;
  }

  get inputs(): ReadonlyMap<string, RemoteInput> {
    const inputs = [...this.#known].map(([key, known]) => {
      const read = "file" in known ? (known.file?.digest ?? null) : (known.tree?.inputs ?? null);
      return [key, { request: known.request, read }] as const;
    });
    return new Map(inputs);
  }

  /** @throws {KustomizeError} REMOTE if remotes are refused, TOO_LARGE if there are too many */
  file(url: string): SourceFile | null | typeof PENDING {
    const request = { type: "file", url } as const;
    const key = this.#demand(request);
    const known = this.#known.get(key);
    if (known !== undefined && "file" in known) return known.file;
    const content = this.#source?.file(url);
    if (content === undefined) return this.#pending(key, request);
    const file = content === null ? null : { content, digest: sha256Hex(content) };
    this.#known.set(key, { request, file });
    return file;
  }

  /** @throws {KustomizeError} REMOTE if remotes are refused or the ref is none, TOO_LARGE if there are too many */
  repository(repository: RepositoryUrl): RecordingTree | null | typeof PENDING {
    const request = { type: "repository", repository } as const;
    demandPlain(repository);
    const key = this.#demand(request);
    const known = this.#known.get(key);
    if (known !== undefined && "tree" in known) return known.tree;
    const found = this.#source?.repository(repository);
    if (found === undefined) return this.#pending(key, request);
    const tree = found === null ? null : new RecordingTree(found);
    this.#known.set(key, { request, tree });
    return tree;
  }

  #demand(request: RemoteRequest): string {
    this.#asked += 1;
    if (this.#source === undefined) throw refused(request);
    const key = remoteKey(request);
    const isNew = !this.#known.has(key) && !this.#missing.has(key);
    if (isNew && this.#known.size + this.#missing.size >= this.#limit) {
      throw failure("TOO_LARGE", `more than ${this.#limit} remotes`);
    }
    return key;
  }

  #pending(key: string, request: RemoteRequest): typeof PENDING {
    this.#missing.set(key, request);
    return PENDING;
  }
}

/** The error of a build that needs remotes which were not fetched. */
export function notFetched(missing: readonly RemoteRequest[], chain: readonly string[]): KustomizeError<"REMOTE"> {
  const names = missing.map(describeRemote).join(", ");
  const fact = `Cannot build "${chain[0] || "."}": not fetched: ${names}`;
  return new KustomizeError("REMOTE", fact, { chain, missing });
}

/** What would be an option to `git`, or break a line, is no part of an address. */
function demandPlain({ url, ref }: RepositoryUrl): void {
  const isPlain = (text: string) => !text.startsWith("-") && !/[\0-\x20\x7f]/.test(text);
  if (isPlain(url) && isPlain(ref)) return;
  throw failure("REMOTE", "the address of the repository or its ref holds a space, or starts with a hyphen");
}

function refused(request: RemoteRequest): KustomizeError {
  return failure("REMOTE", `${describeRemote(request)} is remote: remote files and bases are not fetched here`);
}
