import { ArtifactError, type ArtifactFetcher } from "@sluice/artifact";

/** Where artifacts may be fetched. */
export interface ArtifactHosts {
  /** `host` or `host:port` that replaces that of every URL; "" to leave them alone. */
  localhost: string;
  /** Hosts (`name` or `name:port`, `*` for all) that are allowed; empty for the default. */
  allowed: readonly string[];
  /** Namespace of the controllers: by default its Services are allowed, if the process runs in the cluster. */
  namespace: string;
  /** Outside of a cluster every host is allowed by default. */
  inCluster: boolean;
}

/**
 * A fetcher that asks allowed hosts only. An artifact's URL stands in a status that others may be able to forge, and the controller can reach
 * more than they can: the metadata service of the cloud, the API server, its own ports.
 */
export function onlyFrom(hosts: ArtifactHosts, fetcher: ArtifactFetcher): ArtifactFetcher {
  return {
    async tree(artifact, signal) {
      return fetcher.tree({ ...artifact, url: artifactUrl(artifact.url, hosts) }, signal);
    },
    [Symbol.asyncDispose]: () => fetcher[Symbol.asyncDispose](),
  };
}

/**
 * The URL that an artifact is fetched from.
 * @throws {ArtifactError} URL_REFUSED
 */
export function artifactUrl(text: string, hosts: ArtifactHosts): string {
  if (!URL.canParse(text)) return text; // the fetcher refuses it
  const url = new URL(text);
  if (hosts.localhost !== "") {
    url.host = hosts.localhost;
    return url.href;
  }
  if (isAllowed(url, hosts)) return text;
  const shown = `${url.protocol}//${url.host}${url.pathname}`;
  const message = `Cannot fetch artifact "${shown}": "${url.host}" is not an artifact host; --artifact-allowed-hosts can name it`;
  throw new ArtifactError("URL_REFUSED", message, { url: shown });
}

function isAllowed(url: URL, { allowed, namespace, inCluster }: ArtifactHosts): boolean {
  const names = [url.host, url.hostname].map(withoutRoot);
  if (allowed.length > 0) return allowed.some((host) => host === "*" || names.includes(withoutRoot(host)));
  return !inCluster || isServiceOf(namespace, withoutRoot(url.hostname));
}

/** Whether a name is one of a Service in `namespace`: `name`, `name.namespace`, `name.namespace.svc`, and with `cluster.local`. */
function isServiceOf(namespace: string, hostname: string): boolean {
  const [service = "", ...rest] = hostname.split(".");
  if (!/^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(service) || service === "localhost" || service === "kubernetes")
    return false;
  return ["", namespace, `${namespace}.svc`, `${namespace}.svc.cluster.local`].includes(rest.join("."));
}

/** The dot at the end of a fully qualified name makes no difference. */
function withoutRoot(host: string): string {
  return host.toLowerCase().replace(/\.(?=$|:[0-9]+$)/, "");
}
