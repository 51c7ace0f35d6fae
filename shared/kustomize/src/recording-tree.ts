import { sha256Hex, type Steps } from "@sluice/base";
import { digestOf, type FileTree, type TreeInputs } from "./file-tree.ts";

/** A file as a build sees it. */
export interface SourceFile {
  content: Uint8Array;
  digest: string;
}

interface OpenInputs {
  files: Map<string, string | null>;
  directories: Map<string, boolean>;
  links: Map<string, string>;
}

function openInputs(): OpenInputs {
  return { files: new Map(), directories: new Map(), links: new Map() };
}

/** A view of a tree that notes what a build, and those of its parts that are under way, looked at. */
export class RecordingTree {
  readonly #tree: FileTree;
  readonly #open: [OpenInputs, ...OpenInputs[]] = [openInputs()];
  /** Digests of files that were asked for, but are no inputs as yet. */
  readonly #asked = new Map<string, string | null>();

  constructor(tree: FileTree) {
    this.#tree = tree;
  }

  /** What the whole build looked at so far. */
  get inputs(): TreeInputs {
    return this.#open[0];
  }

  read(path: string): SourceFile | undefined {
    const content = this.#tree.read(path);
    const digest = content === undefined ? null : (this.#tree.digest?.(path) ?? sha256Hex(content));
    for (const { files } of this.#open) files.set(path, digest);
    return content === undefined || digest === null ? undefined : { content, digest };
  }

  hasDirectory(path: string): boolean {
    const present = this.#tree.list(path) !== undefined;
    for (const { directories } of this.#open) directories.set(path, present);
    return present;
  }

  /** The path itself in a tree without links, and where nothing is. */
  realPath(path: string): string {
    if (this.#tree.realPath === undefined) return path;
    const real = this.#tree.realPath(path) ?? path;
    for (const { links } of this.#open) links.set(path, real);
    return real;
  }

  /** Runs a part of the build and gives what it looked at with its value. */
  *part<T>(run: () => Steps<T>): Steps<{ value: T; inputs: TreeInputs }> {
    const inputs = openInputs();
    this.#open.push(inputs);
    try {
      return { value: yield* run(), inputs };
    } finally {
      this.#open.pop();
    }
  }

  /** True if a part that looked at `inputs` would see the same now. Costs a digest for each input, once in a build. */
  holds(inputs: TreeInputs): boolean {
    for (const [path, digest] of inputs.files) if (this.#digest(path) !== digest) return false;
    for (const [path, present] of inputs.directories) {
      if ((this.#tree.list(path) !== undefined) !== present) return false;
    }
    for (const [path, real] of inputs.links ?? []) if ((this.#tree.realPath?.(path) ?? path) !== real) return false;
    return true;
  }

  #digest(path: string): string | null {
    for (const known of [this.#open[0].files.get(path), this.#asked.get(path)]) if (known !== undefined) return known;
    const digest = digestOf(this.#tree, path);
    this.#asked.set(path, digest);
    return digest;
  }

  /** Notes what a part looked at that is not run again. */
  replay(inputs: TreeInputs): void {
    for (const { files, directories, links } of this.#open) {
      for (const [path, digest] of inputs.files) files.set(path, digest);
      for (const [path, present] of inputs.directories) directories.set(path, present);
      for (const [path, real] of inputs.links ?? []) links.set(path, real);
    }
  }
}
