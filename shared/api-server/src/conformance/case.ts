import { type ConformanceClient } from "./client.ts";

/** Where a case runs: a namespace of its own, and a word that nobody else uses, for names outside of it. */
export interface CaseContext {
  client: ConformanceClient;
  namespace: string;
  unique: string;
}

/** One promise of the API server, tried over HTTP. */
export interface ConformanceCase {
  /** A sentence about the promise. */
  name: string;
  /** Throws if the promise is not kept. */
  run(cx: CaseContext): Promise<void>;
}
