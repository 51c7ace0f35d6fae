import { fieldsText } from "./generated/fields.ts";

/** How one field of a message is read. */
export interface FieldType {
  name: string;
  /** A scalar such as `string`, or the full name of a message. */
  type: string;
  /** `inline`: the message's fields are the JSON object's own. `map`: from strings to `type`. */
  form: "one" | "list" | "map" | "inline";
}

/** The fields of a message by number. */
export type MessageType = ReadonlyMap<number, FieldType>;

const FORMS: Readonly<Record<string, FieldType["form"]>> = { "*": "list", "%": "map", "+": "inline" };

/** The messages of the built-in API, read from the generated table when first asked for. */
export class MessageTypes {
  #types: Map<string, MessageType> | undefined;

  /** @param name such as `k8s.io.api.core.v1.Pod` */
  get(name: string): MessageType | undefined {
    this.#types ??= readTable(fieldsText);
    return this.#types.get(name);
  }
}

function readTable(text: string): Map<string, MessageType> {
  const types = new Map<string, MessageType>();
  let fields = new Map<number, FieldType>();
  for (const line of text.split("\n")) {
    if (line === "") continue;
    if (line.startsWith(" ")) {
      const [, number = "", name = "", type = ""] = line.split(" ");
      fields.set(Number(number), fieldType(name, type));
    } else {
      fields = new Map();
      types.set(fullName(line), fields);
    }
  }
  return types;
}

function fieldType(name: string, type: string): FieldType {
  const form = FORMS[type[0] ?? ""];
  return form ? { name, type: fullName(type.slice(1)), form } : { name, type: fullName(type), form: "one" };
}

/** `@` and `&` stand for the two packages that are named most. */
function fullName(short: string): string {
  if (short.startsWith("@")) return `k8s.io.api.core.v1.${short.slice(1)}`;
  return short.startsWith("&") ? `k8s.io.apimachinery.pkg.apis.meta.v1.${short.slice(1)}` : short;
}
