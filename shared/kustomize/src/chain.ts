import { failure, type KustomizeError, noObject } from "./errors.ts";
import { isRemote, type Loader } from "./loader.ts";
import { PENDING, type RemoteReader } from "./remotes.ts";
import { parseRepository, type RepositoryUrl } from "./repository-url.ts";

/** The kustomizations that are being built, the root first: who includes whom. It finds cycles and ends endless chains. */
export class Chain {
  readonly #loaders: Loader[] = [];
  readonly #depth: number;
  readonly #remotes: RemoteReader;

  /** @param context `depth` is the greatest length. */
  constructor(context: { depth: number; remotes: RemoteReader }) {
    this.#depth = context.depth;
    this.#remotes = context.remotes;
  }

  /** Folders of the kustomizations as messages show them. After a failure, those that led to it. */
  get folders(): string[] {
    return this.#loaders.map((loader) => loader.shown(loader.folder));
  }

  get length(): number {
    return this.#loaders.length;
  }

  /** The kustomization being built that lies in or below the folder of `loader`, if there is one. */
  visited(loader: Loader): Loader | undefined {
    return this.#loaders.find((each) => loader.contains(each));
  }

  enter(loader: Loader): void {
    this.#loaders.push(loader);
  }

  leave(): void {
    this.#loaders.pop();
  }

  /**
   * The loader of the folder or the remote repository that `entry` names, seen from `loader`.
   * @throws {KustomizeError} NOT_FOUND, FORBIDDEN_PATH, REMOTE, CYCLE, or TOO_LARGE for a chain that is too long.
   */
  resolve(loader: Loader, entry: string): Loader | typeof PENDING {
    if (entry === "") throw failure("NOT_FOUND", "the entry is empty");
    if (entry.includes("\n")) throw noObject();
    if (this.#loaders.length >= this.#depth) {
      throw failure("TOO_LARGE", `more than ${this.#depth} levels of bases`);
    }
    const repository = parseRepository(entry);
    return repository === undefined ? this.#folder(loader, entry) : this.#repository(loader, { ...repository, entry });
  }

  #folder(loader: Loader, entry: string): Loader {
    if (isRemote(entry) && !loader.hasDirectory(loader.resolve(entry))) throw unknownForm(entry);
    const folder = loader.resolve(entry);
    if (!loader.hasDirectory(folder)) throw failure("NOT_FOUND", `"${entry}" is neither a file nor a folder`);
    const inner = loader.real(folder);
    const visited = this.visited(inner);
    if (visited === undefined) return inner;
    throw failure("CYCLE", this.#describeCycle(inner, visited));
  }

  /** The way round; or, of a folder that is included by what lies in it, that it does. */
  #describeCycle(inner: Loader, visited: Loader): string {
    const [outer, within] = [inner, visited].map((each) => each.shown(each.folder) || ".");
    if (outer !== within) return `cycle: "${outer}" contains "${within}", which includes it`;
    const way = this.#loaders.slice(this.#loaders.indexOf(visited)).map((each) => each.shown(each.folder) || ".");
    return `cycle: ${[...way, outer].join(" -> ")}`;
  }

  #repository(loader: Loader, repository: RepositoryUrl & { entry: string }): Loader | typeof PENDING {
    const { entry, path } = repository;
    if (this.#loaders.some((each) => each.cameFrom(entry))) {
      throw failure("CYCLE", `cycle: repository "${entry}" is being built`);
    }
    const tree = this.#remotes.repository(repository);
    if (tree === PENDING) return PENDING;
    if (tree === null) throw failure("NOT_FOUND", `repository "${entry}" does not exist`);
    if (!tree.hasDirectory(path)) throw failure("NOT_FOUND", `repository "${entry}" has no folder "${path}"`);
    return loader.mounted(tree, repository);
  }
}

function unknownForm(entry: string): KustomizeError {
  return failure("REMOTE", `"${entry}" looks like a remote repository, but not in a form that kustomize takes`);
}
