import { expect, test } from "vitest";
import { splitImage } from "./images.ts";

const IMAGES: readonly (readonly [image: string, name: string, tag: string, digest: string])[] = [
  ["nginx", "nginx", "", ""],
  ["nginx:1.2", "nginx", "1.2", ""],
  ["nginx@sha256:ab", "nginx", "", "sha256:ab"],
  ["nginx:1@sha256:ab", "nginx", "1", "sha256:ab"],
  ["host:5000/a/b", "host:5000/a/b", "", ""],
  ["host:5000/a/b:v", "host:5000/a/b", "v", ""],
  ["host:5000/a@sha256:ab", "host:5000/a", "", "sha256:ab"],
  ["host:5000/a:v@sha256:ab", "host:5000/a", "v", "sha256:ab"],
];

for (const [image, name, tag, digest] of IMAGES) {
  test(`splitImage() splits ${image}`, () => {
    expect(splitImage(image)).toEqual({ name, tag, digest });
  });
}
