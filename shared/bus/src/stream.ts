import {
  DiscardPolicy,
  type JetStreamManager,
  JetStreamApiCodes,
  JetStreamApiError,
  RetentionPolicy,
  StorageType,
  type StreamInfo,
} from "@nats-io/jetstream";
import { maxMessageBytes } from "./envelope.ts";
import { artifactTopic } from "./topics.ts";

/** The stream that keeps the last notice of every object. */
export const artifactStream = "sluice-artifacts";

export interface StreamOptions {
  /** Where the server keeps it; in a file by default. */
  storage?: "file" | "memory";
  /** Copies in a NATS cluster, 1 to 5; 1 by default. */
  replicas?: number;
  /** Most bytes it may take; the oldest notices go first. 64 MiB by default. */
  maxBytes?: number;
}

/**
 * Makes the stream if it is not there. One that is there is used as it is, so that an administrator may choose its
 * storage, placement and limits.
 * @throws what the NATS library throws.
 */
export async function ensureStream(manager: JetStreamManager, options: StreamOptions): Promise<StreamInfo> {
  try {
    return await manager.streams.info(artifactStream);
  } catch (thrown) {
    if (!(thrown instanceof JetStreamApiError) || thrown.code !== JetStreamApiCodes.StreamNotFound) throw thrown;
  }
  const { storage = "file", replicas = 1, maxBytes = 64 * 1024 * 1024 } = options;
  return await manager.streams.add({
    name: artifactStream,
    description: "The last artifact notice of every object",
    subjects: [artifactTopic.subjects],
    retention: RetentionPolicy.Limits,
    storage: storage === "memory" ? StorageType.Memory : StorageType.File,
    num_replicas: replicas,
    max_msgs_per_subject: 1,
    max_msg_size: maxMessageBytes,
    max_bytes: maxBytes,
    discard: DiscardPolicy.Old,
  });
}
