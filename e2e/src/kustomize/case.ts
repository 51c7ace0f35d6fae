/** A tree of files, and the folder in it whose kustomization is built. */
export interface Case {
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  readonly path: string;
}

/** A case as text: each file under its name, for people. */
export function describeCase({ files, path }: Case): string {
  const parts = Object.entries(files).map(([name, content]) => {
    const text = typeof content === "string" ? content : `(base64) ${Buffer.from(content).toString("base64")}`;
    return `# ---- ${name}\n${text.endsWith("\n") ? text : `${text}\n`}`;
  });
  return `# build ${path === "" ? "." : path}\n${parts.join("")}`;
}
