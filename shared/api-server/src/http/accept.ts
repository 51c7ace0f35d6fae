import { StatusError } from "../registry/status-error.ts";

/** The shape in which an answer is wanted. */
type Shape = "object" | "partial" | "table";

/** What the `Accept` header settles on. */
export interface Accepted {
  format: "json" | "yaml";
  shape: Shape;
  /** Media type of the answer. */
  contentType: string;
  /** For the discovery documents: the version of `apidiscovery.k8s.io` that is wanted. */
  aggregated: "v2" | "v2beta1" | undefined;
}

const OFFERS =
  "application/json, application/yaml, application/vnd.kubernetes.protobuf, application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch";

const PLAIN: Accepted = { format: "json", shape: "object", contentType: "application/json", aggregated: undefined };

/**
 * Takes the first media type of `header` that this server can write: JSON or YAML, as the object, as
 * PartialObjectMetadata or as a Table. Protobuf is passed over.
 * @param discovery true where an aggregated discovery document can be had.
 * @throws {StatusError} 406 if there is none.
 */
export function negotiate(header: string | undefined, discovery = false): Accepted {
  if (header === undefined || header.trim() === "") return PLAIN;
  const ranges = header.split(",").map(parseRange);
  ranges.sort((a, b) => b.quality - a.quality);
  for (const range of ranges) {
    const accepted = offer(range, discovery);
    if (accepted) return accepted;
  }
  const message = `406: Not Acceptable\n\nAvailable representations: ${OFFERS}`;
  throw new StatusError("NotAcceptable", message, { httpCode: 406, details: {} });
}

type Range = { type: string; quality: number; parameters: ReadonlyMap<string, string> };

function parseRange(text: string): Range {
  const [type = "", ...rest] = text.split(";").map((part) => part.trim());
  const parameters = new Map(rest.map((part) => splitOnce(part, "=")));
  const quality = Number(parameters.get("q") ?? 1);
  return { type: type.toLowerCase(), quality: Number.isNaN(quality) ? 1 : quality, parameters };
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

const SHAPES: ReadonlyMap<string, Shape> = new Map([
  ["Table", "table"],
  ["PartialObjectMetadata", "partial"],
  ["PartialObjectMetadataList", "partial"],
]);

function offer({ type, quality, parameters }: Range, discovery: boolean): Accepted | undefined {
  const format = formatOf(type);
  if (format === undefined || quality <= 0) return undefined;
  const contentType = `application/${format}`;
  const as = parameters.get("as");
  if (as === undefined) return { format, shape: "object", contentType, aggregated: undefined };
  const [group, version] = [parameters.get("g"), parameters.get("v")];
  if (discovery && as === "APIGroupDiscoveryList" && group === "apidiscovery.k8s.io") {
    if (version !== "v2" && version !== "v2beta1") return undefined;
    const full = `${contentType};g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;
    return { format, shape: "object", contentType: full, aggregated: version };
  }
  const shape = SHAPES.get(as);
  if (!shape || group !== "meta.k8s.io" || (version !== "v1" && version !== "v1beta1")) return undefined;
  return { format, shape, contentType, aggregated: undefined };
}

function formatOf(type: string): "json" | "yaml" | undefined {
  if (type === "application/json" || type === "*/*" || type === "application/*") return "json";
  return type === "application/yaml" ? "yaml" : undefined;
}
