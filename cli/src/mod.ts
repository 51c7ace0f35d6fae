/** The `sluice` command: `up`. Its parts are here for the tests of the whole; imports any room but testkit. */
export { type UpOptions } from "./options.ts";
export { type Output } from "./screen.ts";
export { up, type UpDeps } from "./up.ts";
