/**
 * Where a key is found, and whatever else is named by the rest of a path.
 *
 * A URL's segments `.` and `..` vanish as it is parsed, however they are spelled, and proxies merge slashes. A
 * name with such segments is written as a single one, its slashes encoded; the service decodes both alike. So are all names
 * but keys, for some have resources below them (`elections/{name}/observe`).
 */

/** An empty segment, `.` or `..`. */
const UNSTABLE = /(?:^|\/)\.{0,2}(?:\/|$)/;

export const keyPath = (namespace: string, key: string): string =>
  namedPath(namespace, "keys", key);

export function namedPath(namespace: string, resource: string, name: string): string {
  if (name === "") throw new TypeError("a name must not be empty");
  if (name === "." || name === "..") {
    throw new TypeError(`${name} has no URL; of keys, a transaction can read and write this one`);
  }
  const isPlain = resource === "keys" && !UNSTABLE.test(name);
  const path = isPlain ? name.split("/").map(encode).join("/") : encode(name);
  return `${namespace}/${resource}/${path}`;
}

function encode(text: string): string {
  if (/\p{Surrogate}/u.test(text)) {
    throw new TypeError("half a surrogate pair stands alone in a name");
  }
  return encodeURIComponent(text);
}
