import { type KubeObject } from "@sluice/api";
import { stringifyJson } from "@sluice/base";

/** One version of one object, never changed after it was stored. Its JSON text is made once, when it is first asked for. */
export class Stored {
  readonly key: string;
  /** Shared by everyone who reads: clone it before changing it. */
  readonly object: KubeObject;
  /** The resource version, as a number. */
  readonly revision: number;
  /** What readers derive from this version and want to keep as long as it lives: texts in other shapes. */
  readonly derived = new Map<string, string>();
  #text: string | undefined;

  constructor(key: string, object: KubeObject, revision: number) {
    this.key = key;
    this.object = object;
    this.revision = revision;
  }

  /** JSON text of the object as stored; it starts with `kind` and `apiVersion`. */
  get text(): string {
    this.#text ??= stringifyJson(this.object);
    return this.#text;
  }

  /** The same object as if it had been stored at `revision`: what a watch shows of an object that left its selection. */
  atRevision(revision: number): Stored {
    const metadata = { ...this.object.metadata, resourceVersion: String(revision) };
    return new Stored(this.key, { ...this.object, metadata }, revision);
  }

  /** A text derived from this version, made by `make` once. `shape` names it. */
  shape(shape: string, make: (object: KubeObject) => string): string {
    const known = this.derived.get(shape);
    if (known !== undefined) return known;
    const made = make(this.object);
    this.derived.set(shape, made);
    return made;
  }
}

/** One change of a collection. */
export interface StoreEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  /** Resource version of the change. */
  readonly revision: number;
  /** The object after the change; for DELETED the last version, carrying the deletion's resource version. */
  readonly stored: Stored;
  /** The object before the change. */
  readonly previous: Stored | undefined;
}
