/**
 * What controllers tell each other besides the API server: subjects, CloudEvents envelopes, a bus over NATS JetStream
 * and its twin within one process. Imports base and, alone in the house, the NATS libraries. Publishing never fails and
 * listening never ends by itself; decoding fails with `BusError`. Without NATS everything still converges, only slower.
 */
export { type Bus, type BusStats, defaultCapacity } from "./bus.ts";
export { decodeEnvelope, encodeEnvelope, type Envelope, maxMessageBytes } from "./envelope.ts";
export { BusError, type BusErrors } from "./errors.ts";
export { type InProcessOptions, inProcessBus } from "./in-process.ts";
export { connectNats, type NatsAuth, type NatsOptions } from "./nats.ts";
export { artifactStream, type StreamOptions } from "./stream.ts";
export * from "./subjects.ts";
export { type ArtifactNotice, artifactTopic, type RequestNotice, requestTopic, type Topic } from "./topics.ts";
