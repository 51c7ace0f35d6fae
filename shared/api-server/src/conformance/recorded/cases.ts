import { type RecordedCase } from "./recorded-case.ts";
import { customResourceCases } from "./custom-resources.ts";
import { immutableCases } from "./immutable.ts";
import { patchCases } from "./patches.ts";
import { serverSideApplyCases } from "./server-side-apply.ts";
import { storedFormCases } from "./stored-form.ts";
import { validationCases } from "./validation.ts";

/** Every case about the semantics of single objects. */
export const objectCases: readonly RecordedCase[] = [
  ...storedFormCases,
  ...serverSideApplyCases,
  ...patchCases,
  ...validationCases,
  ...immutableCases,
  ...customResourceCases,
];
