/** How long artifacts that are no longer current are kept. */
export interface RetentionPolicy {
  /** Milliseconds a file stays after it ceased to be current. */
  ttlMs: number;
  /** Most files kept per object, the current one included; at least 1. */
  records: number;
}

/** One stored file as the plan sees it. */
export interface StoredFile {
  /** Relative to the store's root. */
  path: string;
  /** When it was written, in milliseconds since 1970. */
  writtenMs: number;
  /** Since when it is known not to be current, in milliseconds since 1970. */
  supersededMs: number;
}

/**
 * The paths to remove: what was superseded longer than the TTL ago, then the oldest beyond the record count. The current file is
 * never among them.
 * @source fluxcd/pkg `artifact/storage` garbage collection; Sluice counts the TTL from the moment a file is superseded, not from
 *   when it was written, so that a consumer of a long-lived artifact has time to finish.
 */
export function planRetention(options: {
  files: readonly StoredFile[];
  current: string;
  policy: RetentionPolicy;
  nowMs: number;
}): readonly string[] {
  const { files, current, policy, nowMs } = options;
  const others = files.filter((file) => file.path !== current);
  const expired = others.filter((file) => nowMs - file.supersededMs > policy.ttlMs);
  const newestFirst = others
    .filter((file) => !expired.includes(file))
    .sort((a, b) => b.supersededMs - a.supersededMs || b.writtenMs - a.writtenMs);
  const surplus = newestFirst.slice(Math.max(policy.records - 1, 0));
  return [...expired, ...surplus].map((file) => file.path);
}
