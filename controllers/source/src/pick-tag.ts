import { type RemoteTag } from "@sluice/git";
import { compareVersions, parseRange, parseVersion } from "@sluice/expr";

/**
 * The tags of the highest version in `range`, by name. They are several if they differ in build metadata or in the `v` only, which
 * do not count when versions are compared. Only tags of three numeric parts, with an optional `v`, are versions.
 * @throws {ExprError} RANGE_INVALID
 * @source spec/flux-api.md 2.1
 */
export function bestTags(range: string, tags: readonly RemoteTag[]): readonly RemoteTag[] {
  const admitted = parseRange(range);
  const versions = tags.flatMap((tag) => {
    const version = parseVersion(tag.name, { strict: true });
    return version && admitted.includes(version) ? [{ tag, version }] : [];
  });
  versions.sort((a, b) => compareVersions(b.version, a.version) || (a.tag.name < b.tag.name ? -1 : 1));
  const [best] = versions;
  if (!best) return [];
  return versions.filter(({ version }) => compareVersions(version, best.version) === 0).map(({ tag }) => tag);
}
