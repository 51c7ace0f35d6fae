import { type KubeObject } from "@sluice/api";
import { isObject, type Json } from "@sluice/base";

const MASK = "*****";
/** A shorter value hides nothing by itself and is masked only where it stands alone. */
const SHORT = 4;
const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

/** Whether texts about this object may hold secrets: any kind called Secret, whatever group it claims. */
export function holdsSecrets(object: KubeObject): boolean {
  return object.kind === "Secret";
}

/** Hides each value of a Secret in `text`: as it stands in the manifest, decoded, encoded, quoted or URL-encoded, whole or line by line. */
export function maskSecrets(text: string, object: KubeObject): string {
  if (!holdsSecrets(object)) return text;
  const needles = [...secretForms(object)].sort((a, b) => b.length - a.length);
  return needles.reduce(hide, text);
}

function hide(text: string, needle: string): string {
  if (needle.length >= SHORT) return text.replaceAll(needle, MASK);
  const escaped = needle.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return text.replace(new RegExp(`(?<![A-Za-z0-9_.-])${escaped}(?![A-Za-z0-9_.-])`, "g"), MASK);
}

function secretForms(object: KubeObject): Set<string> {
  const forms = new Set<string>();
  for (const value of leaves(object["data"])) {
    addForms(forms, value);
    addForms(forms, Buffer.from(value, "base64").toString("utf8"));
  }
  for (const value of leaves(object["stringData"])) {
    addForms(forms, value);
    addForms(forms, Buffer.from(value).toString("base64"));
  }
  const lastApplied = object.metadata.annotations?.[LAST_APPLIED];
  if (lastApplied !== undefined) addForms(forms, lastApplied);
  forms.delete("");
  return forms;
}

function* leaves(value: Json | undefined): Generator<string> {
  if (value === undefined || value === null) return;
  if (Array.isArray(value)) for (const item of value) yield* leaves(item);
  else if (isObject(value)) for (const key of Object.keys(value)) yield* leaves(value[key]);
  else yield String(value);
}

function addForms(forms: Set<string>, value: string): void {
  const text = Buffer.from(value).toString("utf8"); // lone surrogates would make encodeURIComponent throw
  for (const form of [value, encodeURIComponent(text), JSON.stringify(text).slice(1, -1)]) forms.add(form);
  for (const line of text.split(/\r?\n/)) if (line.length >= SHORT) forms.add(line);
}
