import { type Steps } from "@sluice/base";
import { BaseCache, type BuiltBase, type KeptBase } from "./base-cache.ts";
import { type BuildState } from "./build-state.ts";
import { type Loader } from "./loader.ts";
import { type Target } from "./target.ts";

/** Takes bases from the cache of a build where they would come out the same, and keeps those that it builds. */
export class BaseKeeper {
  readonly #state: BuildState;
  readonly #bases: BaseCache | undefined;

  constructor(state: BuildState) {
    this.#state = state;
    this.#bases = state.context.cache && new BaseCache(state.context.cache);
  }

  /** A base from the cache, if all that it was built from is as it was then, else what `build` makes. */
  *base(target: Target, build: () => Steps<BuiltBase>): Steps<BuiltBase> {
    const { loader, lineage } = target;
    const bases = loader.isRemote || lineage !== undefined ? undefined : this.#bases;
    if (bases === undefined) return yield* build();
    const key = this.#keyOf(target);
    const known = bases.find(key, (kept) => this.#holds(kept, loader));
    if (known === undefined) return yield* this.#keep(bases, key, build);
    const { context, tracer, chain, budget } = this.#state;
    context.tree.replay(known.inputs);
    tracer.replay(known.trace, chain.length);
    budget.spendCopies(known.copies);
    this.#state.schema = known.base.schema;
    return known.base;
  }

  /** Names what a base depends on beside the files that it reads. */
  #keyOf({ loader, name, digest }: Target): string {
    const { context, cache, schema } = this.#state;
    return ["base", loader.folder, name, digest, context.restriction, cache.idOf(schema.schema), schema.isOwn].join(
      "\0",
    );
  }

  /** True if building the base here and now would give what was kept, and passes every limit. */
  #holds({ inputs, trace, copies }: KeptBase, loader: Loader): boolean {
    const { context, tracer, chain, budget } = this.#state;
    const { limits, tree } = context;
    const isInLimits =
      tracer.whole.kustomizations + trace.kustomizations <= limits.kustomizations &&
      tracer.whole.resources + trace.resources <= limits.resources &&
      chain.length + trace.levels <= limits.depth &&
      budget.spent + copies <= limits.copies;
    if (!isInLimits) return false;
    const isCycle = [...trace.folders].some((folder) => chain.visited(loader.beside(folder)) !== undefined);
    return !isCycle && tree.holds(inputs);
  }

  /** Builds a base and keeps it; not if it asked for remotes, which are no inputs of the tree. */
  *#keep(bases: BaseCache, key: string, build: () => Steps<BuiltBase>): Steps<BuiltBase> {
    const { context, tracer, chain, budget } = this.#state;
    const { tree, remotes } = context;
    const [asked, spent] = [remotes.asked, budget.spent];
    const { value, inputs } = yield* tree.part(() => tracer.part(chain.length, build));
    const kept = { base: value.value, inputs, trace: value.trace, copies: budget.spent - spent };
    if (remotes.asked === asked) bases.keep(key, kept);
    return value.value;
  }
}
