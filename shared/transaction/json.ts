/**
 * Stored values as JSON: read, compared, written.
 *
 * JSON is UTF-8 without a byte order mark (RFC 8259 §8.1). Numbers are compared as the doubles they are read as.
 */
import { kindOf } from "../media-type.ts";
import type { Json, Value } from "../types.ts";
import { decodeUtf8, encodeUtf8 } from "../utf8.ts";

/** The media type of what the service itself writes as JSON. */
export const JSON_TYPE = "application/json";

/** What a value says as JSON; undefined where its type is another, or its bytes are not JSON. */
export function readJson(value: Value): Json | undefined {
  if (kindOf(value.contentType) !== "json") return undefined;
  const text = decodeUtf8(value.bytes);
  if (text === null) return undefined;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

/** What a value says as text; null where its type is not text in UTF-8, or its bytes are not. */
export function readText(value: Value): string | null {
  return kindOf(value.contentType) === "text" ? decodeUtf8(value.bytes) : null;
}

/** A value that says `json`. */
export function jsonValue(json: Json): Value {
  return { bytes: encodeUtf8(JSON.stringify(json)), contentType: JSON_TYPE };
}

/**
 * `array`, which is stored as `value`, with `items` at its end. What was there stays byte for byte: to parse it and
 * write it again would change numbers that no double holds.
 */
export function appendItems(value: Value, array: readonly Json[], items: readonly Json[]): Value {
  const end = value.bytes.lastIndexOf(CLOSING_BRACKET);
  const between = array.length > 0 && items.length > 0 ? "," : "";
  const added = encodeUtf8(between + JSON.stringify(items).slice(1));
  const bytes = new Uint8Array(end + added.byteLength);
  bytes.set(value.bytes.subarray(0, end));
  bytes.set(added, end);
  return { bytes, contentType: JSON_TYPE };
}

const CLOSING_BRACKET = "]".charCodeAt(0);

export const isArray = (json: Json | undefined): json is readonly Json[] => Array.isArray(json);

/** Whether both are the same JSON value: the order of an object's members does not matter. */
export function jsonEquals(one: Json, other: Json): boolean {
  // No recursion: a value may be nested deeper than the stack is.
  const pairs: [Json, Json][] = [[one, other]];
  for (let pair = pairs.pop(); pair !== undefined; pair = pairs.pop()) {
    const [a, b] = pair;
    if (a === b) continue;
    const inner = isArray(a) ? itemPairs(a, b) : memberPairs(a, b);
    if (inner === null) return false;
    for (const each of inner) pairs.push(each);
  }
  return true;
}

/** What must be equal for an array to be equal to `b`; null where it is not in any case. */
function itemPairs(a: readonly Json[], b: Json): [Json, Json][] | null {
  if (!isArray(b) || a.length !== b.length) return null;
  return a.map((item, at) => [item, b[at] as Json]);
}

function memberPairs(a: Json, b: Json): [Json, Json][] | null {
  if (!isObject(a) || !isObject(b)) return null;
  const members = Object.entries(a);
  if (members.length !== Object.keys(b).length) return null;
  // A member may be named as one that every object inherits.
  if (!members.every(([name]) => Object.hasOwn(b, name))) return null;
  return members.map(([name, value]) => [value, b[name] as Json]);
}

const isObject = (json: Json): json is { readonly [name: string]: Json } =>
  typeof json === "object" && json !== null && !isArray(json);
