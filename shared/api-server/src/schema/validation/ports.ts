import { type Json } from "@sluice/base";
import { type Faults, PORT_TEXT } from "./faults.ts";

const PORT_NAME_TEXT = "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)";

/** What is wrong with a port's name. @source `validation.IsValidPortName` */
export function portNameFaults(name: string): string[] {
  const errors: string[] = [];
  if (name.length > 15) errors.push("must be no more than 15 characters");
  if (!/^[-a-z0-9]+$/.test(name)) errors.push(PORT_NAME_TEXT);
  if (!/[a-z]/.test(name)) errors.push("must contain at least one letter (a-z)");
  if (name.includes("--")) errors.push("must not contain consecutive hyphens");
  if (name.startsWith("-") || name.endsWith("-")) errors.push("must not begin or end with a hyphen");
  return errors;
}

/** A port by number or by name. */
export function checkPort(faults: Faults, port: Json | undefined, field: string): void {
  if (typeof port === "number") {
    if (port < 1 || port > 65535) faults.invalid(field, port, PORT_TEXT);
  } else if (typeof port === "string") faults.named(field, port, portNameFaults);
}

const PERCENT_TEXT =
  "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";

/** A count that is not negative, or a percentage. */
export function checkCountOrPercent(faults: Faults, value: Json | undefined, field: string): void {
  if (typeof value === "string" && !/^[0-9]+%$/.test(value)) faults.invalid(field, value, PERCENT_TEXT);
  else faults.notNegative(field, value);
}
