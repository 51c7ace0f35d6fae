import { cloneJson, isObject, type Json, type JsonObject, ownKey, type ScalarTexts, setKey } from "@sluice/base";
import { effectiveNamespace, type Gvk, idKey, type ResourceId, splitApiVersion } from "./identity.ts";
import { type KubernetesSchema } from "./kubernetes-schema.ts";
import { textOf } from "./node.ts";
import { carryTexts } from "./scalar-texts.ts";
import { SharedEntries } from "./shared-entries.ts";

/** The file a resource came from, and the line of its document. */
export interface Origin {
  file: string;
  line?: number;
}

/** How a generated resource meets one of the same name that is already there. */
export type Behavior = "unspecified" | "create" | "replace" | "merge";

/** What a patch may change beside the content. */
export interface PatchRights {
  name: boolean;
  kind: boolean;
}

interface PastName {
  name: string;
  namespace: string;
  kind: string;
}

interface KnownType extends Gvk {
  apiVersion: string;
  isClusterScoped: boolean;
}

/** Past ids as they follow from a history and an API version. */
interface PastIds {
  past: readonly PastName[];
  apiVersion: string;
  ids: readonly ResourceId[];
  keys: readonly string[];
}

const NO_IDS: PastIds = { past: [], apiVersion: "", ids: [], keys: [] };

/**
 * An object of the build with its history. Kustomize keeps the history in annotations of the object; here it lies beside
 * it, so that objects never need cleaning.
 */
export class Resource {
  value: JsonObject;
  readonly origin: Origin;
  readonly #schema: KubernetesSchema;
  #type: KnownType = { apiVersion: "", group: "", version: "", kind: "", isClusterScoped: false };
  #pastIds: PastIds = NO_IDS;
  past: readonly PastName[] = [];
  prefixes: readonly string[] = [];
  suffixes: readonly string[] = [];
  behavior: Behavior = "unspecified";
  needsHash = false;
  /** How its scalars were written, where their values do not tell; undefined if all of them do. */
  texts: ScalarTexts | undefined;
  /** Its members that are one, see `SharedEntries`. */
  shared = new SharedEntries();
  /** The generated resource that took the place of this one. */
  successor: Resource | undefined;

  constructor(
    value: JsonObject,
    context: { origin: Origin; schema: KubernetesSchema; texts?: ScalarTexts | undefined },
  ) {
    this.value = value;
    this.origin = context.origin;
    this.#schema = context.schema;
    this.texts = context.texts;
  }

  /** The same resource with the same history, which shares nothing that changes. */
  copy(): Resource {
    const copy = new Resource(cloneJson(this.value), { origin: this.origin, schema: this.#schema });
    if (this.texts !== undefined) {
      copy.texts = new WeakMap();
      carryTexts(this.value, copy.value, { from: this.texts, to: copy.texts });
    }
    copy.shared = this.shared.copied(this.value, copy.value);
    copy.past = this.past;
    copy.prefixes = this.prefixes;
    copy.suffixes = this.suffixes;
    copy.behavior = this.behavior;
    copy.needsHash = this.needsHash;
    copy.successor = this.successor;
    return copy;
  }

  get apiVersion(): string {
    return textOf(ownKey(this.value, "apiVersion"));
  }

  get kind(): string {
    return textOf(ownKey(this.value, "kind"));
  }

  get name(): string {
    return this.#metadataText("name");
  }

  get namespace(): string {
    return this.#metadataText("namespace");
  }

  get gvk(): Gvk {
    return this.#knownType();
  }

  get isClusterScoped(): boolean {
    return this.#knownType().isClusterScoped;
  }

  get id(): ResourceId {
    const { group, version, kind, isClusterScoped } = this.#knownType();
    return { group, version, kind, name: this.name, namespace: effectiveNamespace(this.namespace, isClusterScoped) };
  }

  /** What follows from apiVersion and kind, which are asked for far more often than they change. */
  #knownType(): KnownType {
    const { apiVersion, kind } = this;
    if (this.#type.apiVersion !== apiVersion || this.#type.kind !== kind) {
      const isClusterScoped = this.#schema.isClusterScoped(apiVersion, kind);
      this.#type = { apiVersion, ...splitApiVersion(apiVersion), kind, isClusterScoped };
    }
    return this.#type;
  }

  /** Every id it had before this one, the oldest first. */
  get pastIds(): readonly ResourceId[] {
    return this.#history().ids;
  }

  /** The keys of `pastIds`. */
  get pastKeys(): readonly string[] {
    return this.#history().keys;
  }

  #history(): PastIds {
    const { past, apiVersion } = this;
    if (past.length === 0) return NO_IDS;
    if (this.#pastIds.past === past && this.#pastIds.apiVersion === apiVersion) return this.#pastIds;
    const { group, version } = this.gvk;
    const ids = past.map(({ name, namespace, kind }) => ({ group, version, kind, name, namespace }));
    this.#pastIds = { past, apiVersion, ids, keys: ids.map(idKey) };
    return this.#pastIds;
  }

  /** The id it was first known by. */
  get originalId(): ResourceId {
    return this.pastIds[0] ?? this.id;
  }

  /** Notes the present id as a past one, once in a row: call it before the name, namespace or kind may change. */
  rememberId(): void {
    const { name, namespace, kind } = this.id;
    const last = this.past.at(-1);
    if (last?.name === name && last.namespace === namespace && last.kind === kind) return;
    this.past = [...this.past, { name, namespace, kind }];
  }

  /** Forgets all but the present id. Kustomize keeps its notes in annotations, and loses them with these. */
  forgetHistory(): void {
    this.past = [];
    this.prefixes = [];
    this.suffixes = [];
    this.behavior = "unspecified";
    this.needsHash = false;
  }

  get labels(): ReadonlyMap<string, string> {
    return this.#metadataMap("labels");
  }

  get annotations(): ReadonlyMap<string, string> {
    return this.#metadataMap("annotations");
  }

  setName(name: string): void {
    setKey(this.metadata(), "name", name);
  }

  setNamespace(namespace: string): void {
    if (namespace === "") delete this.metadata()["namespace"];
    else setKey(this.metadata(), "namespace", namespace);
  }

  setLabels(labels: ReadonlyMap<string, string>): void {
    this.#setMap("labels", labels);
  }

  setAnnotations(annotations: ReadonlyMap<string, string>): void {
    this.#setMap("annotations", annotations);
  }

  /** The metadata, made if it is missing. */
  metadata(): JsonObject {
    const found = ownKey(this.value, "metadata");
    if (isObject(found)) return found;
    const made: JsonObject = {};
    this.value["metadata"] = made;
    return made;
  }

  #setMap(field: string, entries: ReadonlyMap<string, string>): void {
    const metadata = this.metadata();
    if (entries.size === 0) {
      delete metadata[field];
      return;
    }
    const made: JsonObject = {};
    for (const [key, value] of entries) setKey(made, key, value);
    metadata[field] = made;
  }

  #metadataText(field: string): string {
    const metadata = ownKey(this.value, "metadata");
    return isObject(metadata) ? textOf(ownKey(metadata, field)) : "";
  }

  #metadataMap(field: string): ReadonlyMap<string, string> {
    const metadata = ownKey(this.value, "metadata");
    const entries = isObject(metadata) ? ownKey(metadata, field) : undefined;
    if (!isObject(entries)) return new Map();
    return new Map(Object.entries(entries).map(([key, value]: [string, Json | undefined]) => [key, textOf(value)]));
  }
}
