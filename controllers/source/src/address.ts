import { hostname } from "node:os";

/** A host and a port; host "" means every address of this machine. */
export interface Address {
  host: string;
  port: number;
}

/** Splits an address in Go's form: `:9090`, `127.0.0.1:9090`, `[::1]:9090`; undefined if it is not one. */
export function parseAddress(text: string): Address | undefined {
  const [, bracketed, plain, digits] = /^(?:\[([0-9A-Fa-f:.%]+)\]|([^:[\]]*)):([0-9]{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  return digits === undefined || port > 65_535 ? undefined : { host: bracketed ?? plain ?? "", port };
}

/**
 * What consumers are told: `configured` if that is set; else where the server listens, by a name that others can use.
 * @source spec/flux-api.md 2.2 (`determineAdvStorageAddr`)
 */
export function advertisedAddress(options: { configured: string; listening: Address; hostname: string }): string {
  const { configured, listening } = options;
  if (configured !== "") return configured;
  const host = nameOf(listening.host, options.hostname);
  return `${host.includes(":") ? `[${host}]` : host}:${listening.port}`;
}

function nameOf(host: string, own: string): string {
  if (host === "") return "localhost";
  return host === "0.0.0.0" ? own || hostname() : host;
}
