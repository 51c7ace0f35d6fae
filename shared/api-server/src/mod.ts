/**
 * An embedded Kubernetes API server: one Node process that kubectl, client-go programs and Sluice's controllers work against.
 * Imports base, the types of api, and expr (CEL rules of CustomResourceDefinitions).
 *
 * Fails in two ways: `startApiServer` throws an `ApiServerError`; a running server tells its clients with a `Status`.
 */

export { conformanceCases } from "./conformance/all.ts";
export { type CaseContext, type ConformanceCase } from "./conformance/case.ts";
export { type Access, ConformanceClient } from "./conformance/client.ts";
export { type JudgedCase, judgedCases } from "./conformance/recorded/judged-cases.ts";
export { runCase } from "./conformance/runner.ts";
export { ApiServerError, type ApiServerErrors } from "./errors.ts";
export { type ApiServer, type ApiServerOptions, startApiServer } from "./server.ts";
export { DELAY as simulatorDelay, FAIL as simulatorFail } from "./simulator/annotations.ts";
export { type SimulatorOptions } from "./simulator/simulator.ts";
