import { type KubeObject } from "@sluice/api";

/** A fact worth telling a user: becomes a Kubernetes Event. Functions that return notices hold the wording of each. */
export interface Notice {
  /** `trace` is for the object's own events only: nobody is notified. */
  severity: "trace" | "info" | "error";
  /** CamelCase, the same word as the condition's reason. */
  reason: string;
  message: string;
  /** Annotations of the event: `<group>/revision` and the like. */
  meta?: Readonly<Record<string, string>>;
}

/** Sends notices somewhere, without ever blocking or failing the run that has them. */
export interface Recorder {
  record(about: KubeObject, notice: Notice): void;
}
