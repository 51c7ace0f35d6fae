/** Caps on what a remote can make us do. */
export interface GitLimits {
  /** Bytes of one received pack. */
  packBytes: number;
  /** Files of a tree. */
  files: number;
  /** Bytes of one file that is read. */
  fileBytes: number;
  /** Bytes of all files of a tree that are read. */
  treeBytes: number;
  /** Bytes of the list of refs. */
  refsBytes: number;
}

/** 1 GiB pack, 200,000 files, 128 MiB a file, 1 GiB a tree, 64 MiB of refs. */
export const DEFAULT_GIT_LIMITS: GitLimits = {
  packBytes: 1 << 30,
  files: 200_000,
  fileBytes: 128 << 20,
  treeBytes: 1 << 30,
  refsBytes: 64 << 20,
};
