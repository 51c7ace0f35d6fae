import { type JsonObject, ownKey } from "@sluice/base";
import { objectAt } from "../defaults/set-default.ts";
import { nanosOf as quantityNanos, parseQuantity } from "../quantity.ts";
import { type Faults, NOT_NEGATIVE } from "./faults.ts";
import { qualifiedName } from "./names.ts";

const CONTAINER_RESOURCES: ReadonlySet<string> = new Set(["cpu", "memory", "ephemeral-storage"]);
const NANO = 1_000_000_000n;

export function nanosOf(amount: unknown): bigint {
  const quantity = parseQuantity(String(amount));
  return quantity ? quantityNanos(quantity) : 0n;
}

const isExtended = (name: string): boolean => name.includes("/") && !name.includes("kubernetes.io/");

/** Checks a container's requests and limits. @source `validateContainerResourceRequirements` */
export function checkResources(faults: Faults, container: JsonObject, at: string): void {
  const resources = objectAt(container, "resources");
  const requests = objectAt(resources, "requests");
  const limits = objectAt(resources, "limits");
  for (const name of Object.keys(limits)) checkAmount(faults, name, limits[name], `${at}.resources.limits`);
  for (const name of Object.keys(requests)) {
    checkAmount(faults, name, requests[name], `${at}.resources.requests`);
    const limit = ownKey(limits, name);
    if (limit === undefined) continue;
    if (nanosOf(requests[name]) > nanosOf(limit)) {
      faults.invalid(
        `${at}.resources.requests`,
        requests[name],
        `must be less than or equal to ${name} limit of ${String(limit)}`,
      );
    }
  }
}

function checkAmount(faults: Faults, name: string, amount: unknown, at: string): void {
  const field = `${at}[${name}]`;
  faults.named(field, name, qualifiedName);
  const isHugePages = name.startsWith("hugepages-");
  if (!name.includes("/") && !CONTAINER_RESOURCES.has(name) && !isHugePages) {
    faults.invalid(field, name, "must be a standard resource type or fully qualified");
    faults.invalid(field, name, "must be a standard resource for containers");
  }
  checkQuantity(faults, name, amount, field);
}

/** An amount is not negative, and whole where it counts things. */
export function checkQuantity(faults: Faults, name: string, amount: unknown, field: string): void {
  const nanos = nanosOf(amount);
  if (nanos < 0n) faults.invalid(field, String(amount), NOT_NEGATIVE);
  else if (isExtended(name) && nanos % NANO !== 0n) faults.invalid(field, String(amount), "must be an integer");
}
