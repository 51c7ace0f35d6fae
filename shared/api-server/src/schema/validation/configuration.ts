import { type KubeObject } from "@sluice/api";
import { equalJson, isObject, type JsonObject, messageOf } from "@sluice/base";
import { objectAt } from "../defaults/set-default.ts";
import { type Faults, IMMUTABLE } from "./faults.ts";

const KEY_TEXT =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
const MAX_BYTES = 1024 * 1024;

/** What is wrong with a key of a ConfigMap or Secret. */
function keyFaults(key: string): string[] {
  const errors: string[] = [];
  if (key.length > 253) errors.push("must be no more than 253 characters");
  if (!/^[-._a-zA-Z0-9]+$/.test(key)) errors.push(KEY_TEXT);
  if (key === ".") errors.push("must not be '.'");
  else if (key === "..") errors.push("must not be '..'");
  else if (key.startsWith("..")) errors.push("must not start with '..'");
  return errors;
}

const WHEN_SET = "field is immutable when `immutable` is set";

function checkImmutable(
  faults: Faults,
  object: KubeObject,
  old: KubeObject | undefined,
  keys: readonly string[],
): void {
  if (old?.["immutable"] !== true) return;
  if (object["immutable"] !== true) faults.forbidden("immutable", WHEN_SET);
  for (const key of keys) if (!equalJson(object[key], old[key])) faults.forbidden(key, WHEN_SET);
}

export function checkConfigMap(faults: Faults, map: KubeObject, old: KubeObject | undefined): void {
  checkImmutable(faults, map, old, ["data", "binaryData"]);
  const data = objectAt(map, "data");
  const binary = objectAt(map, "binaryData");
  let bytes = 0;
  for (const [key, value] of Object.entries(data)) {
    faults.named(`data[${key}]`, key, keyFaults);
    if (Object.hasOwn(binary, key)) faults.invalid(`data[${key}]`, key, "duplicate of key present in binaryData");
    bytes += Buffer.byteLength(String(value));
  }
  for (const [key, value] of Object.entries(binary)) {
    faults.named(`binaryData[${key}]`, key, keyFaults);
    bytes += Buffer.byteLength(String(value), "base64");
  }
  if (bytes > MAX_BYTES)
    faults.errors.push({ type: "Too long", field: "", detail: `may not be more than ${MAX_BYTES} bytes` });
}

/** Keys that the data of a secret of some types must have. */
const NEEDED_KEYS: Readonly<Record<string, readonly string[]>> = {
  "kubernetes.io/tls": ["tls.crt", "tls.key"],
  "kubernetes.io/ssh-auth": ["ssh-privatekey"],
  "kubernetes.io/dockerconfigjson": [".dockerconfigjson"],
  "kubernetes.io/dockercfg": [".dockercfg"],
};
const ACCOUNT = "kubernetes.io/service-account.name";

export function checkSecret(faults: Faults, secret: KubeObject, old: KubeObject | undefined): void {
  const data = objectAt(secret, "data");
  const type = String(secret["type"] ?? "");
  const bytes = Object.values(data).reduce((sum: number, value) => sum + Buffer.byteLength(String(value), "base64"), 0);
  if (bytes > MAX_BYTES)
    faults.errors.push({ type: "Too long", field: "data", detail: `may not be more than ${MAX_BYTES} bytes` });
  for (const key of Object.keys(data)) faults.named(`data[${key}]`, key, keyFaults);
  checkType(faults, type, data);
  if (type === "kubernetes.io/service-account-token" && !secret.metadata.annotations?.[ACCOUNT]) {
    faults.required(`metadata.annotations[${ACCOUNT}]`);
  }
  if (old && type !== old["type"]) faults.invalid("type", type, IMMUTABLE);
  checkImmutable(faults, secret, old, ["data"]);
}

function checkType(faults: Faults, type: string, data: JsonObject): void {
  for (const key of NEEDED_KEYS[type] ?? []) {
    if (!Object.hasOwn(data, key)) faults.required(`data[${key}]`);
    else if (key.startsWith(".docker")) checkJson(faults, `data[${key}]`, String(data[key]));
  }
  const hasLogin = Object.hasOwn(data, "username") || Object.hasOwn(data, "password");
  if (type === "kubernetes.io/basic-auth" && !hasLogin) {
    faults.required("data[username]");
    faults.required("data[password]");
  }
}

function checkJson(faults: Faults, field: string, encoded: string): void {
  const text = Buffer.from(encoded, "base64").toString();
  try {
    if (isObject(JSON.parse(text))) return;
    faults.invalid(
      field,
      "<secret contents redacted>",
      "json: cannot unmarshal value into Go value of type map[string]interface {}",
    );
  } catch (error) {
    const first = text.trimStart().charAt(0);
    const atStart = first !== "{" && first !== "[" && first !== '"';
    const detail =
      first === ""
        ? "unexpected end of JSON input"
        : atStart
          ? `invalid character '${first}' looking for beginning of value`
          : messageOf(error);
    faults.invalid(field, "<secret contents redacted>", detail);
  }
}
