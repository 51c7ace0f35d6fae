/** A check of a name: what is wrong with it, in the API server's words. */
export type NameCheck = (name: string) => string[];

const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

const LABEL_TEXT =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const SUBDOMAIN_TEXT =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const RFC1035 = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const RFC1035_TEXT =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";

const tooLong = (most: number): string => `must be no more than ${most} bytes`;

/** The name of most objects. @source `validation.IsDNS1123Subdomain` */
export const dnsSubdomain: NameCheck = (name) => check(name, { most: 253, pattern: SUBDOMAIN, text: SUBDOMAIN_TEXT });

/** The name of namespaces and containers. @source `validation.IsDNS1123Label` */
export const dnsLabel: NameCheck = (name) => check(name, { most: 63, pattern: LABEL, text: LABEL_TEXT });

/** The name of services. @source `validation.IsDNS1035Label` */
export const dns1035Label: NameCheck = (name) => check(name, { most: 63, pattern: RFC1035, text: RFC1035_TEXT });

/** The name of RBAC objects: whatever fits into a path. @source `path.ValidatePathSegmentName` */
export const pathSegment: NameCheck = (name) => {
  if (name === "." || name === "..") return [`may not be '${name}'`];
  return ["/", "%"].filter((part) => name.includes(part)).map((part) => `may not contain '${part}'`);
};

function check(name: string, rule: { most: number; pattern: RegExp; text: string }): string[] {
  const errors: string[] = [];
  if (name.length > rule.most) errors.push(tooLong(rule.most));
  if (!rule.pattern.test(name)) errors.push(rule.text);
  return errors;
}

const QUALIFIED_PART = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const QUALIFIED_TEXT =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const QUALIFIED_WHOLE =
  "a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";

/** Keys of labels and annotations, and other names with an optional domain. @source `validation.IsQualifiedName` */
export const qualifiedName: NameCheck = (name) => {
  const parts = name.split("/");
  if (parts.length > 2) return [QUALIFIED_WHOLE];
  const errors: string[] = [];
  if (parts.length === 2) {
    const [prefix = ""] = parts;
    if (prefix === "") errors.push("prefix part must be non-empty");
    else errors.push(...dnsSubdomain(prefix).map((error) => `prefix part ${error}`));
  }
  const last = parts.at(-1) ?? "";
  if (last === "") errors.push("name part must be non-empty");
  else if (last.length > 63) errors.push(`name part ${tooLong(63)}`);
  if (!QUALIFIED_PART.test(last)) errors.push(QUALIFIED_TEXT);
  return errors;
};

const LABEL_VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const LABEL_VALUE_TEXT =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

/** @source `validation.IsValidLabelValue` */
export const labelValue: NameCheck = (value) =>
  check(value, { most: 63, pattern: LABEL_VALUE, text: LABEL_VALUE_TEXT });

const WILDCARD_TEXT =
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

/** `*.example.com`. @source `validation.IsWildcardDNS1123Subdomain` */
export const wildcardSubdomain: NameCheck = (name) => {
  const isFine = name.startsWith("*.") && SUBDOMAIN.test(name.slice(2));
  return isFine ? [] : [WILDCARD_TEXT];
};
