import { ArtifactError } from "@sluice/artifact";
import { expect, test } from "vitest";
import { type ArtifactHosts, artifactUrl } from "./artifact-hosts.ts";

const inCluster: ArtifactHosts = { localhost: "", allowed: [], namespace: "flux-system", inCluster: true };

test.each([
  "http://source-controller.flux-system.svc.cluster.local./gitrepository/a/b/c.tar.gz",
  "http://source-controller.flux-system.svc.cluster.local:80/x",
  "http://source-controller-shard1.flux-system.svc/x",
  "http://source-controller.flux-system/x",
  "http://source-watcher/x",
])("artifactUrl() lets a controller in the cluster fetch %s", (url) => {
  expect(artifactUrl(url, inCluster)).toBe(url);
});

test.each([
  "http://169.254.169.254/latest/meta-data",
  "https://kubernetes.default.svc/api",
  "https://kubernetes/api",
  "http://[::1]:8080/metrics",
  "http://127.0.0.1:8080/metrics",
  "http://localhost:8080/metrics",
  "http://2130706433/x",
  "http://source-controller.other.svc.cluster.local./x",
  "http://source-controller.flux-system.svc.cluster.local.evil.example/x",
  "http://a.b.flux-system.svc/x",
])("artifactUrl() refuses to fetch %s from within the cluster", (url) => {
  expect(() => artifactUrl(url, inCluster)).toThrow(ArtifactError);
  expect(() => artifactUrl(url, inCluster)).toThrow(/is not an artifact host; --artifact-allowed-hosts can name it/);
});

test("artifactUrl() shows no credentials and no query of what it refuses", () => {
  expect(() => artifactUrl("http://user:secret@evil.example/x?sig=secret", inCluster)).toThrow(/^(?!.*secret)/);
});

test("artifactUrl() allows exactly the hosts that are named, with or without port, or all by a star", () => {
  const hosts = { ...inCluster, allowed: ["store.example", "other.example:81"] };
  expect(artifactUrl("http://STORE.example.:9090/x", hosts)).toBe("http://STORE.example.:9090/x");
  expect(artifactUrl("http://other.example:81/x", hosts)).toBe("http://other.example:81/x");
  expect(() => artifactUrl("http://other.example:82/x", hosts)).toThrow(ArtifactError);
  expect(() => artifactUrl("http://source-controller.flux-system/x", hosts)).toThrow(ArtifactError);
  expect(artifactUrl("http://10.0.0.1/x", { ...hosts, allowed: ["*"] })).toBe("http://10.0.0.1/x");
});

test("artifactUrl() allows every host outside of a cluster, and replaces the host for local development", () => {
  expect(artifactUrl("http://127.0.0.1:9090/x", { ...inCluster, inCluster: false })).toBe("http://127.0.0.1:9090/x");
  const hosts = { ...inCluster, localhost: "localhost:9090" };
  expect(artifactUrl("http://source-controller.flux-system.svc/a/b.tar.gz", hosts)).toBe(
    "http://localhost:9090/a/b.tar.gz",
  );
});
