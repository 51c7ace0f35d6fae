import { type Steps } from "@sluice/base";

/** What a build, or a part of it, said, counted and entered, beside what it read. */
export interface BuildTrace {
  warnings: ReadonlySet<string>;
  /** Folders of the kustomizations that were included. */
  folders: ReadonlySet<string>;
  /** Kustomizations that were loaded, each as often as it was. */
  kustomizations: number;
  /** Resources that were read. */
  resources: number;
  /** How many levels of folders were included below where the part began. */
  levels: number;
}

interface OpenTrace extends BuildTrace {
  warnings: Set<string>;
  folders: Set<string>;
  /** Length of the chain of kustomizations where it began. */
  start: number;
}

function openTrace(start: number): OpenTrace {
  return { warnings: new Set(), folders: new Set(), kustomizations: 0, resources: 0, levels: 0, start };
}

/** The trace of a build and of those of its parts that are under way: what happens belongs to all of them. */
export class Tracer {
  readonly #open: [OpenTrace, ...OpenTrace[]] = [openTrace(0)];

  /** The trace of the whole build so far. */
  get whole(): BuildTrace {
    return this.#open[0];
  }

  warn(warning: string): void {
    for (const trace of this.#open) trace.warnings.add(warning);
  }

  count(what: "kustomizations" | "resources", more: number): void {
    for (const trace of this.#open) trace[what] += more;
  }

  /** Notes that a folder is included where the chain of kustomizations is `depth` long. */
  enter(folder: string, depth: number): void {
    for (const trace of this.#open) {
      trace.folders.add(folder);
      trace.levels = Math.max(trace.levels, depth - trace.start + 1);
    }
  }

  /** Adds what a part did that is not run again, where the chain of kustomizations is `depth` long. */
  replay(part: BuildTrace, depth: number): void {
    for (const trace of this.#open) {
      for (const warning of part.warnings) trace.warnings.add(warning);
      for (const folder of part.folders) trace.folders.add(folder);
      trace.kustomizations += part.kustomizations;
      trace.resources += part.resources;
      if (part.levels > 0) trace.levels = Math.max(trace.levels, depth - trace.start + part.levels);
    }
  }

  /** Runs a part of the build, where the chain of kustomizations is `depth` long, and gives its trace with its value. */
  *part<T>(depth: number, run: () => Steps<T>): Steps<{ value: T; trace: BuildTrace }> {
    const trace = openTrace(depth);
    this.#open.push(trace);
    try {
      return { value: yield* run(), trace };
    } finally {
      this.#open.pop();
    }
  }
}
