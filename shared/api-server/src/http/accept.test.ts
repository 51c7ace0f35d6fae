import { expect, test } from "vitest";
import { negotiate } from "./accept.ts";

test.each([
  [undefined, "json", "object"],
  ["*/*", "json", "object"],
  ["application/vnd.kubernetes.protobuf,application/json", "json", "object"],
  ["application/yaml", "yaml", "object"],
  ["application/yaml;q=0.1, application/json", "json", "object"],
  ["application/json;as=Table;v=v1;g=meta.k8s.io,application/json", "json", "table"],
  ["application/json;as=Table;v=v1beta1;g=meta.k8s.io", "json", "table"],
  ["application/json;as=Table;v=v9;g=meta.k8s.io,application/json", "json", "object"],
  [
    "application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
    "json",
    "partial",
  ],
  ["application/json;q=0, */*", "json", "object"],
])("Accept %s is answered with %s as %s", (header, format, shape) => {
  expect(negotiate(header)).toMatchObject({ format, shape });
});

test("an aggregated discovery document is offered only where there is one", () => {
  const header =
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";
  expect(negotiate(header, true)).toMatchObject({ aggregated: "v2" });
  expect(negotiate(header)).toMatchObject({ aggregated: undefined, contentType: "application/json" });
});

test.each(["text/html", "application/vnd.kubernetes.protobuf", "application/json;q=0"])(
  "Accept %s is refused with 406",
  (header) => {
    expect(() => negotiate(header)).toThrow(/^406: Not Acceptable/);
  },
);
