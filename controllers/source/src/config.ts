import { type DigestAlgorithm } from "@sluice/artifact";
import { FlagReader } from "@sluice/base";
import { type Environment } from "@sluice/git";
import { type Address, parseAddress } from "./address.ts";
import { type CommonConfig, readCommonConfig } from "@sluice/runtime";

export interface SourceConfig extends CommonConfig {
  /** Directory of artifacts and Git caches. */
  storagePath: string;
  /** Where the artifact server listens. */
  storageAddr: Address;
  /** Host and port that consumers are told; "" means the address it listens on. */
  storageAdvAddr: string;
  /** This machine's name, if the environment says it. */
  hostname: string;
  retention: { ttlMs: number; records: number };
  digestAlgorithm: DigestAlgorithm;
  /** Largest artifact before compression, in bytes. */
  artifactMaxBytes: number;
  /** Most that one fetch may receive, in bytes. */
  gitPackMaxBytes: number;
  /** The host's variables, of which git sees those that say where programs and proxies are. */
  environment: Environment;
}

const MAX_BYTES = 64 * 2 ** 30;

/**
 * Flags and defaults of Flux's source-controller, and `--artifact-max-size` and `--git-pack-max-size` (bytes, 1 GiB each).
 * @throws {ConfigError} CONFIG_INVALID that lists every problem
 * @source spec/flux-api.md 2.11
 */
export function parseConfig(argv: readonly string[], env: NodeJS.ProcessEnv): Readonly<SourceConfig> {
  const read = new FlagReader(argv, env);
  for (const name of withoutEffect) read.text(name, "");
  return read.finish({
    ...readCommonConfig(read, { concurrent: 2 }),
    storagePath: read.text("storage-path", "/data", { env: "STORAGE_PATH" }),
    storageAddr: readStorageAddr(read),
    storageAdvAddr: read.text("storage-adv-addr", "", { env: "STORAGE_ADV_ADDR" }),
    hostname: env["HOSTNAME"] ?? "",
    retention: {
      ttlMs: read.durationMs("artifact-retention-ttl", "60s"),
      records: read.int("artifact-retention-records", 2, { min: 1 }),
    },
    digestAlgorithm: read.oneOf("artifact-digest-algo", ["sha256", "sha1", "sha384", "sha512"], "sha256"),
    artifactMaxBytes: read.int("artifact-max-size", 2 ** 30, { min: 1, max: MAX_BYTES }),
    gitPackMaxBytes: read.int("git-pack-max-size", 2 ** 30, { min: 512, max: MAX_BYTES }),
    environment: env,
  });
}

function readStorageAddr(read: FlagReader): Address {
  const text = read.text("storage-addr", ":9090", { env: "STORAGE_ADDRESS" });
  const address = parseAddress(text);
  read.require(address !== undefined, `--storage-addr: "${text}" is not of the form host:port`);
  return address ?? { host: "", port: 0 };
}

/** Flags that are accepted so that Flux's manifests start unchanged; what they are about, Sluice does not do yet, or needs no flag for. */
const withoutEffect = [
  "default-service-account",
  "helm-cache-max-size",
  "helm-cache-purge-interval",
  "helm-cache-ttl",
  "helm-chart-file-max-size",
  "helm-chart-max-size",
  "helm-index-max-size",
  "ssh-hostkey-algos",
  "ssh-kex-algos",
] as const;
