/** Fake clock, builders and test servers; importable from tests only. */
export { loopbackCertificate } from "./git-server-certificate.ts";
export { type CommitRequest, type FileChange, TestRepository } from "./git-server-repository.ts";
export { type GitFault, type GitRequest, type GitServer, type RequiredAuth, startGitServer } from "./git-server.ts";
export {
  artifactNotice,
  type BusLab,
  busContract,
  flushAll,
  type NoticeRecorder,
  noticeRecorder,
  requestNotice,
  untilPasses,
} from "./bus-contract.ts";
export * from "./fake-clock.ts";
export * from "./faulty-client.ts";
export * from "./ports.ts";
export * from "./scripted-kube-server.ts";
export * from "./kube-lab.ts";
export * from "./apply-lab.ts";
export * from "./runtime-lab.ts";
export * from "./source-lab.ts";
export * from "./kustomization-lab.ts";
