import { DeliverPolicy, jetstreamManager } from "@nats-io/jetstream";
import { type NatsConnection } from "@nats-io/transport-node";
import { type Inbox } from "./inbox.ts";
import { artifactStream, ensureStream, type StreamOptions } from "./stream.ts";
import { type ArtifactNotice, artifactTopic, type RequestNotice, requestTopic } from "./topics.ts";

/** Two heartbeats missed in a row mean that the consumer or its stream is gone. */
const HEARTBEAT_MS = 2_000;

/** How many messages the server may send ahead. */
const AHEAD = 256;

export interface Listening<T extends object> {
  inbox: Inbox<T>;
  /** Called when messages flow. */
  ready: () => void;
}

/**
 * Reads the last message of every subject, then each new one, until the connection is lost.
 * @throws what the NATS library throws, or an Error when the stream or the consumer is gone.
 */
export async function runArtifactListener(
  { inbox, ready, stream }: Listening<ArtifactNotice> & { stream: StreamOptions },
  connection: NatsConnection,
  lost: AbortSignal,
): Promise<void> {
  const manager = await jetstreamManager(connection, { checkAPI: false });
  await ensureStream(manager, stream);
  const consumer = await manager.jetstream().consumers.get(artifactStream, {
    filter_subjects: artifactTopic.subjects,
    deliver_policy: DeliverPolicy.LastPerSubject,
  });
  const messages = await consumer.consume({
    max_messages: AHEAD,
    idle_heartbeat: HEARTBEAT_MS,
    abort_on_missing_resource: true,
  });
  const stop = () => messages.stop();
  lost.addEventListener("abort", stop, { once: true });
  try {
    if (lost.aborted) return;
    ready();
    for await (const { subject, data } of messages) inbox.receive(subject, data);
  } finally {
    lost.removeEventListener("abort", stop);
    messages.stop();
  }
  if (!lost.aborted) throw new Error(`the consumer of "${artifactStream}" ended`);
}

/** Takes every request that is sent from now on, until the connection is lost. */
export async function runRequestListener(
  { inbox, ready }: Listening<RequestNotice>,
  connection: NatsConnection,
  lost: AbortSignal,
): Promise<void> {
  const refused = new Promise<never>((_, reject) => {
    const subscription = connection.subscribe(requestTopic.subjects, {
      callback: (error, message) => (error === null ? inbox.receive(message.subject, message.data) : reject(error)),
    });
    const end = () => {
      if (!connection.isClosed()) subscription.unsubscribe();
      reject(lost.reason);
    };
    if (lost.aborted) end();
    else lost.addEventListener("abort", end, { once: true });
  });
  ready();
  await refused;
}
