import { ToolkitError } from "./errors.ts";

export interface YamlErrors {
  /** Not YAML; `line` and `column` count from 1. */
  SYNTAX: { line: number; column: number };
  /** Larger, deeper or more aliased than allowed. */
  TOO_LARGE: { limit: string };
}
export class YamlError<C extends keyof YamlErrors = keyof YamlErrors> extends ToolkitError<C, YamlErrors[C]> {}
