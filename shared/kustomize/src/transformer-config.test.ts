import { expect, test } from "vitest";
import { KustomizeError } from "./errors.ts";
import { fieldSpec } from "./field-spec.ts";
import { defaultConfig, emptyConfig, mergeConfigs, mergeSpecs, parseConfig } from "./transformer-config.ts";

const any = { group: "", version: "", kind: "", create: false };

test("the compiled-in config has kustomize's numbers of fields", () => {
  const config = defaultConfig();
  expect(config.nameReference.flatMap(({ fieldSpecs }) => fieldSpecs)).toHaveLength(167);
  expect([config.varReference, config.images, config.replicas, config.namespace].map((specs) => specs.length)).toEqual([
    72, 6, 4, 3,
  ]);
});

test("merging a config with itself, or with what it has already, changes nothing", () => {
  const config = defaultConfig();
  expect(mergeConfigs(config, config)).toBe(config);
  expect(mergeConfigs(config, defaultConfig())).toEqual(config);
  expect(mergeConfigs(emptyConfig(), config)).toEqual(config);
});

test("mergeSpecs() adds a spec unless a narrower one has its path", () => {
  const wide = fieldSpec({ ...any, path: "spec/x" });
  const narrow = fieldSpec({ ...any, path: "spec/x", kind: "Foo" });
  expect(mergeSpecs([narrow], [wide])).toEqual([narrow]);
  expect(mergeSpecs([wide], [narrow])).toEqual([wide, narrow]);
});

test("mergeSpecs() refuses specs that disagree on creating the field", () => {
  const spec = fieldSpec({ ...any, path: "spec/x" });
  expect(() => mergeSpecs([spec], [{ ...spec, create: true }])).toThrow(KustomizeError);
});

test("parseConfig() names the file of a bad configuration", () => {
  expect(() => parseConfig("nameRef: []", "conf.yaml")).toThrow('unknown field "nameRef"');
  expect(() => parseConfig("images: {", "conf.yaml")).toThrow(KustomizeError);
  expect(parseConfig("images: [{path: spec/img}]", "conf.yaml").images).toHaveLength(1);
});
