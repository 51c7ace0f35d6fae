import { type Credentials, type TlsSettings } from "./types.ts";

/** Credentials that never change, from values at hand. */
export function fixedCredentials(options: {
  server: string;
  token?: string;
  namespace?: string;
  proxyUrl?: string;
  tls?: TlsSettings;
}): Credentials {
  const { server, token, namespace = "default", proxyUrl, tls = {} } = options;
  return {
    server,
    namespace,
    ...(proxyUrl !== undefined && { proxyUrl }),
    tls: async () => tls,
    authorization: async () => (token === undefined ? undefined : `Bearer ${token}`),
  };
}
