import { expect, test } from "vitest";
import { advertisedAddress, parseAddress } from "./address.ts";

test.each([
  [":9090", { host: "", port: 9090 }],
  ["127.0.0.1:0", { host: "127.0.0.1", port: 0 }],
  ["source.local:80", { host: "source.local", port: 80 }],
  ["[::1]:9090", { host: "::1", port: 9090 }],
])("parseAddress() reads %s", (text, address) => {
  expect(parseAddress(text)).toEqual(address);
});

test.each(["", "9090", "host", "host:", "host:x", "host:70000", "::1:9090", "a:b:1", "[]:1"])(
  "parseAddress() refuses %j",
  (text) => {
    expect(parseAddress(text)).toBeUndefined();
  },
);

test.each([
  ["source-controller.flux-system.svc.cluster.local.", "", "source-controller.flux-system.svc.cluster.local."],
  ["", "", "localhost:9090"],
  ["", "0.0.0.0", "pod-7:9090"],
  ["", "10.0.0.7", "10.0.0.7:9090"],
  ["", "::1", "[::1]:9090"],
])("advertisedAddress() of flag %j while listening on host %j is %s", (configured, host, told) => {
  expect(advertisedAddress({ configured, listening: { host, port: 9090 }, hostname: "pod-7" })).toBe(told);
});
