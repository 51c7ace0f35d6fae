import { ToolkitError } from "@sluice/base";

/** What can go wrong while real components are built, started or used. */
export interface E2eErrors {
  /** A component that the tests need is neither installed nor buildable, and `SLUICE_E2E=required` forbids skipping. */
  ASSETS_MISSING: { tools: readonly string[] };
  /** `go build` failed; `output` is the end of what it printed. */
  BUILD_FAILED: { output: string };
  /** A program ended before it was ready; `output` is the end of its log. */
  EXITED: { program: string; code: number | null; signal: string | null; output: string };
  /** A program did not become ready in time; `output` is the end of its log. */
  NOT_READY: { program: string; waitedMs: number; output: string };
  /** A command ended with another exit code than 0. */
  COMMAND_FAILED: { code: number | null; stdout: string; stderr: string };
  /** Something was asked of a component that is stopped, or it was started twice. */
  WRONG_STATE: { state: string };
}

/** The error of the end-to-end rooms. */
export class E2eError<C extends keyof E2eErrors = keyof E2eErrors> extends ToolkitError<C, E2eErrors[C]> {}
