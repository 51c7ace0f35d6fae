/**
 * The subjects of the bus. Each part of a subject is one token, encoded so that no name can add a token or a wildcard:
 * letters, digits, `-` and `_` stand for themselves, every other byte is `%XX`.
 */

/** The object that a message is about. */
export interface ObjectRef {
  kind: string;
  namespace: string;
  name: string;
}

export const severities = ["info", "error"] as const;
export type Severity = (typeof severities)[number];

/** Prefixes of the three kinds of messages; `<prefix>.>` is all of them. */
export const subjectPrefixes = {
  artifact: "sluice.artifact",
  event: "sluice.event",
  request: "sluice.request",
} as const;

/** `sluice.artifact.<kind>.<namespace>.<name>`: the object has a new artifact. */
export function artifactSubject(about: ObjectRef): string {
  return join(subjectPrefixes.artifact, tokens(about));
}

/** `sluice.request.<kind>.<namespace>.<name>`: reconcile the object now. */
export function requestSubject(about: ObjectRef): string {
  return join(subjectPrefixes.request, tokens(about));
}

/** `sluice.event.<severity>.<kind>.<namespace>.<name>`: something happened to the object. */
export function eventSubject(severity: Severity, about: ObjectRef): string {
  return join(subjectPrefixes.event, [severity, ...tokens(about)]);
}

/** The object of an artifact subject, or undefined if `artifactSubject` would not have made it. */
export function parseArtifactSubject(subject: string): ObjectRef | undefined {
  return parseRef(subject, `${subjectPrefixes.artifact}.`, artifactSubject);
}

/** The object of a request subject, or undefined if `requestSubject` would not have made it. */
export function parseRequestSubject(subject: string): ObjectRef | undefined {
  return parseRef(subject, `${subjectPrefixes.request}.`, requestSubject);
}

/** Severity and object of an event subject, or undefined if `eventSubject` would not have made it. */
export function parseEventSubject(subject: string): (ObjectRef & { severity: Severity }) | undefined {
  for (const severity of severities) {
    const prefix = `${subjectPrefixes.event}.${severity}.`;
    const about = parseRef(subject, prefix, (ref) => eventSubject(severity, ref));
    if (about !== undefined) return { severity, ...about };
  }
  return undefined;
}

function tokens({ kind, namespace, name }: ObjectRef): string[] {
  return [kind, namespace, name];
}

function join(prefix: string, parts: readonly string[]): string {
  return [prefix, ...parts.map(encodeToken)].join(".");
}

function parseRef(subject: string, prefix: string, format: (about: ObjectRef) => string): ObjectRef | undefined {
  if (!subject.startsWith(prefix)) return undefined;
  const [kind = "", namespace = "", name = "", ...more] = subject.slice(prefix.length).split(".").map(decodeToken);
  if (more.length > 0 || kind === "" || namespace === "" || name === "") return undefined;
  const about = { kind, namespace, name };
  return format(about) === subject ? about : undefined;
}

/** One subject token that stands for `text`; an empty text is `%`, which no other text gives. */
export function encodeToken(text: string): string {
  if (text === "") return "%";
  const plain = /[A-Za-z0-9_-]/;
  const encode = (byte: number) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  const bytes = [...Buffer.from(text, "utf8")];
  return bytes
    .map((byte) => (byte < 128 && plain.test(String.fromCharCode(byte)) ? String.fromCharCode(byte) : encode(byte)))
    .join("");
}

function decodeToken(token: string): string {
  const bytes = token.replace(/%([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, "latin1").toString("utf8");
}
