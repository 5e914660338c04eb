/**
 * A name that is the rest of a path, decoded as keys are (routes/keys/address.ts): whole, strictly, and once.
 */
import { KEY_BYTES_MAX } from "../../shared/limits.ts";
import { faultOfKey, RESERVED } from "../../shared/wire/keys.ts";
import { rawPath } from "../about.ts";
import { type Fault, Problem } from "../problem.ts";

/** Slashes in front of the name: `/v1/{ns}/{resource}/`. */
const SLASHES_BEFORE_NAME = 4;

/** All of the path behind the resource's own segment. */
export const nameAt = (url: string, what: string): string => nameOf(rest(url), what);

/** The same, but for its last segment: `/v1/{ns}/groups/{group}/leader`. */
export function nameBeforeLast(url: string, what: string): string {
  const text = rest(url);
  return nameOf(text.slice(0, text.lastIndexOf("/")), what);
}

/** A fault of a name, as its problem. */
export function faultyName(what: string, message: string): Problem {
  const fault: Fault = { path: what, message };
  return new Problem("bad-request", `the ${what} ${message}`, { errors: [fault] });
}

function rest(url: string): string {
  const path = rawPath(url);
  let at = 0;
  for (let slashes = 1; slashes < SLASHES_BEFORE_NAME; slashes++) at = path.indexOf("/", at + 1);
  return path.slice(at + 1);
}

function nameOf(text: string, what: string): string {
  const name = decode(text, what);
  switch (faultOfKey(name)) {
    case "empty":
      throw faultyName(what, "must not be empty");
    case "too-large":
      throw new Problem("too-large", `the ${what} has more than ${KEY_BYTES_MAX} bytes in UTF-8`);
    case "reserved":
      throw faultyName(what, RESERVED);
    case null:
      return name;
  }
}

function decode(text: string, what: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw faultyName(what, "must be percent-encoded UTF-8");
  }
}
