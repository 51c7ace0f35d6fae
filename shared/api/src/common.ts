import { integer, list, map, object, oneOf, text, time } from "./schema.ts";

/** A Go duration with units from milliseconds to hours. */
export const interval = (description: string) => text({ description, pattern: "^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$" });
/** A Go duration without hours, as Flux's sources take for timeouts. */
export const shortDuration = (description: string, fallback?: string) =>
  text({
    description,
    pattern: "^([0-9]+(\\.[0-9]+)?(ms|s|m))+$",
    ...(fallback === undefined ? {} : { default: fallback }),
  });

/** A reference to an object of a known kind in the same namespace. */
export const localRef = (description: string) =>
  object({ name: text({ description: "Name of the referent" }) }, {}, { description });

export const conditions = list(
  object(
    {
      lastTransitionTime: time({ description: "When status, reason or message last changed" }),
      message: text({ maxLength: 32_768, description: "What a person should know of it" }),
      reason: text({
        minLength: 1,
        maxLength: 1024,
        pattern: "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$",
        description: "The cause in one CamelCase word",
      }),
      status: oneOf(["True", "False", "Unknown"], { description: "Whether it holds" }),
      type: text({
        maxLength: 316,
        pattern:
          "^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$",
        description: "What is being said, in CamelCase",
      }),
    },
    { observedGeneration: integer({ minimum: 0, description: "Generation of the object this was said of" }) },
  ),
  { description: "Conditions of the object" },
);

export const artifact = object(
  {
    digest: text({
      pattern: "^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$",
      description: "Digest of the file, as <algorithm>:<checksum>",
    }),
    lastUpdateTime: time({ description: "When the artifact was last changed" }),
    path: text({ description: "Path of the file below the storage root" }),
    revision: text({ description: "Human-readable and unique name of the source's state" }),
    url: text({ description: "HTTP address of the file" }),
  },
  {
    metadata: map(text(), { description: "Annotations of the upstream artifact" }),
    size: integer({ description: "Size of the file in bytes" }),
  },
  { description: "The newest artifact of the source" },
);

export const observedGeneration = integer({ description: "Last generation that was reconciled" });
export const lastHandledReconcileAt = text({
  description: "Value of the reconcile.fluxcd.io/requestedAt annotation that was answered last",
});
