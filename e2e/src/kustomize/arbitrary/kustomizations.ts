/** Random kustomizations that mostly build: a base, and perhaps a second, a component, a layer between, and an overlay. */
import fc from "fast-check";
import { type Case } from "../case.ts";
import { type Manifest } from "./kinds.ts";
import { type Below, type Laid, type Layer, lay, layer } from "./layer.ts";
import { type Made, sometimes } from "./pick.ts";

const blueprint = fc.record({
  base: layer(1, 4),
  second: sometimes(layer(1, 2), 3),
  middle: sometimes(layer(0, 1), 4),
  component: sometimes(layer(0, 1), 4),
  overlay: sometimes(layer(0, 1), 1),
  oldBases: sometimes(fc.constant(true), 12),
  /** Leaves resources of one kind and name in different bases, which often refuse to be built together. */
  mayClash: sometimes(fc.constant(true), 15),
});
type Blueprint = Made<typeof blueprint>;

/** A case: a file tree and the folder to build. */
export const kustomizationCase: fc.Arbitrary<Case> = blueprint.map(caseOf);

function caseOf(plan: Blueprint): Case {
  const distinct = plan.mayClash === true ? asIs : distinctNames();
  const folders = new Map<string, Laid>();
  const put = (name: string, given: Layer, below: Below): Laid => {
    const laid = lay({ ...given, manifests: distinct(given.manifests) }, name, below);
    folders.set(name, laid);
    return laid;
  };
  const top = putBases(plan, put);
  if (plan.overlay === undefined) return { files: allFiles(folders), path: top.path };
  const component = plan.component && put("comp", plan.component, { ...top.below, bases: [], isComponent: true });
  const seen = component ?? top.below;
  const components = component === undefined ? [] : ["../comp"];
  const oldBases = plan.oldBases === true;
  put("overlay", plan.overlay, { ...seen, bases: top.below.bases, components, oldBases });
  return { files: allFiles(folders), path: "overlay" };
}

/** Puts what the overlay stands on. */
function putBases(plan: Blueprint, put: (name: string, given: Layer, below: Below) => Laid) {
  const nothing: Below = { bases: [], manifests: [], generated: [] };
  const base = put("base", plan.base, nothing);
  const middle = plan.middle && put("middle", plan.middle, { ...base, bases: ["../base"] });
  const second = plan.second && put("second", plan.second, nothing);
  const lower = middle ?? base;
  const path = middle === undefined ? "base" : "middle";
  return {
    path,
    below: {
      bases: [`../${path}`, ...(second === undefined ? [] : ["../second"])],
      manifests: [...lower.manifests, ...(second?.manifests ?? [])],
      generated: [...lower.generated, ...(second?.generated ?? [])],
    },
  };
}

function asIs(manifests: readonly Manifest[]): Manifest[] {
  return [...manifests];
}

/** Numbers the later of two manifests of one kind and name; a second Namespace is left out, since two cannot be renamed. */
function distinctNames(): (manifests: readonly Manifest[]) => Manifest[] {
  const taken = new Set<string>();
  const named = (manifest: Manifest, number: number): Manifest => {
    const name = number === 0 ? manifest.metadata.name : `${manifest.metadata.name}-${number}`;
    const key = `${manifest.kind} ${name}`;
    if (taken.has(key)) return named(manifest, number + 1);
    taken.add(key);
    return { ...manifest, metadata: { ...manifest.metadata, name } };
  };
  return (manifests) =>
    manifests.flatMap((each) => {
      if (each.kind === "Namespace" && taken.has("Namespace")) return [];
      if (each.kind === "Namespace") taken.add("Namespace");
      return [named(each, 0)];
    });
}

function allFiles(folders: ReadonlyMap<string, Laid>): Record<string, string | Uint8Array> {
  const files: Record<string, string | Uint8Array> = {};
  for (const [folder, laid] of folders) {
    for (const [name, content] of Object.entries(laid.files)) {
      files[name.startsWith("../") ? name.slice("../".length) : `${folder}/${name}`] = content;
    }
  }
  return files;
}
