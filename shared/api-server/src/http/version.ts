/** What `/version` says: the API's version that this server follows, marked as not the original. */
export const versionInfo = {
  major: "1",
  minor: "36",
  gitVersion: "v1.36.3+sluice",
  gitCommit: "",
  gitTreeState: "",
  buildDate: "1970-01-01T00:00:00Z",
  goVersion: "",
  compiler: "",
  platform: `${process.platform}/${process.arch === "x64" ? "amd64" : process.arch}`,
};
