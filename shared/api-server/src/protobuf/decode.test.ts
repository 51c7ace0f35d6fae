import { expect, test } from "vitest";
import { decodeProtobuf, openEnvelope } from "./decode.ts";
import { MessageTypes } from "./message-types.ts";

const types = new MessageTypes();

function bytes(number: number, content: string | Uint8Array): Buffer {
  const body = Buffer.from(content);
  return Buffer.concat([varint(BigInt((number << 3) | 2)), varint(BigInt(body.length)), body]);
}

function number(field: number, value: bigint): Buffer {
  return Buffer.concat([varint(BigInt(field << 3)), varint(BigInt.asUintN(64, value))]);
}

function varint(value: bigint): Buffer {
  const parts: number[] = [];
  let rest = value;
  do {
    parts.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return Buffer.from(parts);
}

function wrapped(apiVersion: string, kind: string, ...fields: Buffer[]): Buffer {
  const meta = Buffer.concat([bytes(1, apiVersion), bytes(2, kind)]);
  return Buffer.concat([Buffer.from("k8s\0"), bytes(1, meta), bytes(2, Buffer.concat(fields))]);
}

const decode = (body: Buffer, definition: string) => decodeProtobuf(openEnvelope(body), definition, types);

test("a ConfigMap's metadata, map of strings and map of bytes are read", () => {
  const metadata = Buffer.concat([
    bytes(1, "a"),
    bytes(8, number(1, 1_700_000_000n)),
    bytes(11, Buffer.concat([bytes(1, "l"), bytes(2, "v")])),
  ]);
  const entry = Buffer.concat([bytes(1, "__proto__"), bytes(2, "v")]);
  const binary = Buffer.concat([bytes(1, "b"), bytes(2, Buffer.from([0, 255]))]);
  const body = wrapped("v1", "ConfigMap", bytes(1, metadata), bytes(2, entry), bytes(3, binary), number(4, 1n));
  const object = decode(body, "io.k8s.api.core.v1.ConfigMap");
  expect(object).toMatchObject({
    kind: "ConfigMap",
    apiVersion: "v1",
    metadata: { name: "a", creationTimestamp: "2023-11-14T22:13:20Z", labels: { l: "v" } },
    binaryData: { b: "AP8=" },
    immutable: true,
  });
  expect(Object.keys(object["data"] as object)).toEqual(["__proto__"]);
});

test("quantities, int-or-strings and embedded structs have their JSON form", () => {
  const resources = bytes(2, Buffer.concat([bytes(1, "cpu"), bytes(2, bytes(1, "10m"))]));
  const get = Buffer.concat([bytes(1, "/x"), bytes(2, Buffer.concat([number(1, 1n), bytes(3, "http")]))]);
  const probe = Buffer.concat([bytes(1, bytes(2, get)), number(2, 5n)]);
  const container = Buffer.concat([bytes(1, "c"), bytes(8, resources), bytes(10, probe)]);
  const volume = Buffer.concat([bytes(1, "v"), bytes(2, bytes(2, Buffer.alloc(0)))]);
  const spec = Buffer.concat([bytes(1, volume), bytes(2, container), number(4, 30n)]);
  const object = decode(wrapped("v1", "Pod", bytes(2, spec)), "io.k8s.api.core.v1.Pod");
  expect(object["spec"]).toEqual({
    volumes: [{ name: "v", emptyDir: {} }],
    containers: [
      {
        name: "c",
        resources: { requests: { cpu: "10m" } },
        livenessProbe: { httpGet: { path: "/x", port: "http" }, initialDelaySeconds: 5 },
      },
    ],
    terminationGracePeriodSeconds: 30,
  });
});

test("negative and large integers are read as they are", () => {
  const object = decode(
    wrapped("scheduling.k8s.io/v1", "PriorityClass", number(2, -5n)),
    "io.k8s.api.scheduling.v1.PriorityClass",
  );
  expect(object["value"]).toBe(-5);
});

test("unknown fields are passed over", () => {
  const object = decode(wrapped("v1", "ConfigMap", bytes(999, "x")), "io.k8s.api.core.v1.ConfigMap");
  expect(object).toEqual({ kind: "ConfigMap", apiVersion: "v1" });
});

test.each([
  ["no magic number", Buffer.from("{}")],
  ["a field that is cut off", Buffer.concat([Buffer.from("k8s\0"), Buffer.from([0x12, 0x20, 0x01])])],
  ["an endless integer", Buffer.concat([Buffer.from("k8s\0"), Buffer.alloc(20, 0xff)])],
  ["field number 0", Buffer.concat([Buffer.from("k8s\0"), Buffer.from([0x00])])],
])("%s is refused", (_, body) => {
  expect(() => decode(body, "io.k8s.api.core.v1.ConfigMap")).toThrow();
});
