/**
 * The group that a URL names, decoded as keys are (routes/keys/address.ts): whole, strictly, and once.
 */
import { groupOf } from "../../../shared/group.ts";
import { KEY_BYTES_MAX } from "../../../shared/limits.ts";
import { faultOfKey } from "../../../shared/wire/keys.ts";
import { rawPath } from "../../about.ts";
import { type Fault, Problem } from "../../problem.ts";

/** Slashes in front of the group: `/v1/{ns}/groups/`. */
const SLASHES_BEFORE_GROUP = 4;

/** The group of `/v1/{ns}/groups/{group}`: all that follows. */
export function groupAt(url: string): string {
  return nameOf(behindGroups(rawPath(url)));
}

/** The group of `/v1/{ns}/groups/{group}/leader`: what stands before the last slash. */
export function groupAtLeader(url: string): string {
  const rest = behindGroups(rawPath(url));
  return nameOf(rest.slice(0, rest.lastIndexOf("/")));
}

function behindGroups(path: string): string {
  let at = 0;
  for (let slashes = 1; slashes < SLASHES_BEFORE_GROUP; slashes++) at = path.indexOf("/", at + 1);
  return path.slice(at + 1);
}

function nameOf(text: string): string {
  const group = decode(text);
  const fault = faultOfKey(group);
  if (fault === "empty") throw malformed("must not be empty");
  if (fault === "too-large") {
    throw new Problem("too-large", `the group has more than ${KEY_BYTES_MAX} bytes in UTF-8`);
  }
  if (groupOf(group) !== group) {
    const its = JSON.stringify(groupOf(group));
    throw malformed(`names no group: a key like this one is in ${its}`);
  }
  return group;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw malformed("must be percent-encoded UTF-8");
  }
}

function malformed(message: string): Problem {
  const fault: Fault = { path: "group", message };
  return new Problem("bad-request", `the group ${message}`, { errors: [fault] });
}
