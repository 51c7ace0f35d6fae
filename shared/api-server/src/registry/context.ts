import { type KubeObject } from "@sluice/api";
import { type Clock } from "@sluice/base";
import { type Catalog } from "../discovery/catalog.ts";
import { apiVersionOf, type Resource } from "../discovery/resource.ts";
import { type FieldError } from "../schema/field-error.ts";
import { type Store } from "../store/store.ts";
import { type Stored } from "../store/stored.ts";

/** What the server itself does to the objects of one resource when they are written. */
export interface KindHooks {
  /** Sets what the server sets on a new object, after it was defaulted and its managedFields were tracked. */
  prepareCreate?(object: KubeObject, dryRun: boolean): void;
  /** Sets what the server sets on a changed object, after it was defaulted and tracked. */
  prepareUpdate?(object: KubeObject, live: KubeObject, dryRun: boolean): void;
  /** Faults that need more than the object to be seen. */
  validate?(object: KubeObject, live: KubeObject | undefined): FieldError[];
  /** True if the object must stay although it has no `metadata.finalizers`. */
  heldBack?(object: KubeObject): boolean;
  /** Changes an object as its deletion begins, if it does not vanish at once. */
  prepareDelete?(object: KubeObject): void;
}

/** What every operation stands on. */
export interface RegistryContext {
  readonly catalog: Catalog;
  readonly store: Store;
  readonly clock: Clock;
  /** By collection id. */
  readonly hooks: ReadonlyMap<string, KindHooks>;
}

/** How unknown and repeated fields of a request are treated. */
export type FieldValidation = "Ignore" | "Warn" | "Strict";

/** How one write is done. */
export interface WriteOptions {
  /** Everything but the storing. */
  dryRun: boolean;
  /** Name in managedFields. */
  manager: string;
  fieldValidation: FieldValidation;
  /** `status`, `scale`, `finalize`; absent for the object itself. */
  subresource?: string;
  /** Faults that decoding found: repeated keys. */
  decodeWarnings?: readonly string[];
}

/** The outcome of a write, in the version that was asked for. */
export interface Written {
  object: KubeObject;
  /** What is stored now; absent after a dry run that changed something, or a deletion. */
  stored?: Stored;
  created: boolean;
  /** Texts for `Warning` headers. */
  warnings: string[];
}

/** `object` as `resource` serves it: converted to its version. The result may share parts with `object`. */
export function served(resource: Resource, object: KubeObject): KubeObject {
  const apiVersion = apiVersionOf(resource);
  if (object.apiVersion === apiVersion) return object;
  return convert(resource, object, apiVersion);
}

/** `object` as it is stored. */
export function storable(resource: Resource, object: KubeObject): KubeObject {
  if (object.apiVersion === resource.storageVersion) return ordered(object);
  return convert(resource, object, resource.storageVersion);
}

function convert(resource: Resource, object: KubeObject, apiVersion: string): KubeObject {
  const converted = resource.convert ? resource.convert(object, apiVersion) : object;
  return ordered({ ...converted, apiVersion });
}

/** `kind`, `apiVersion` and `metadata` come first, so that texts derived from an object can rely on it. */
export function ordered(object: KubeObject): KubeObject {
  const { kind, apiVersion, metadata, ...rest } = object;
  return { kind, apiVersion, metadata, ...rest };
}
