/**
 * The key that a URL names, exactly as its client meant it.
 *
 * Everything behind `/v1/{ns}/keys/` is the key: slashes, empty segments and a slash at the end too. It is
 * taken from the URL as it was sent and decoded once, here; the router's own decoding is lenient, and a
 * lenient decoder gives two spellings one key. What `.` and `..` as whole segments mean is settled before:
 * URLs are normalised by whoever parses them (WHATWG URL §4.4), so a key with such a segment cannot
 * be named in a path.
 */
import { KEY_BYTES_MAX } from "../../../shared/limits.ts";
import { faultOfKey, RESERVED } from "../../../shared/wire/keys.ts";
import { Problem } from "../../problem.ts";

/** Slashes in front of the key: `/v1/{ns}/keys/`. */
const SLASHES_BEFORE_KEY = 4;

export interface Address {
  readonly key: string;
  /** Where the URL's query starts, behind its question mark; -1 where it has none. */
  readonly queryAt: number;
}

/** Where the query of a URL starts, behind its question mark; -1 where it has none. */
export function queryStart(url: string): number {
  return url.indexOf("?") + 1 || -1;
}

/** The key and the query of a request's URL. A URL that names no key ends the request. */
export function addressOf(url: string): Address {
  let at = url.indexOf("/", url.indexOf(":") + 3);
  for (let slashes = 1; slashes < SLASHES_BEFORE_KEY && at >= 0; slashes++) {
    at = url.indexOf("/", at + 1);
  }
  const queryAt = queryStart(url);
  if (at < 0 || (queryAt >= 0 && at > queryAt)) throw notOfAll();
  const key = decode(queryAt < 0 ? url.slice(at + 1) : url.slice(at + 1, queryAt - 1));
  const fault = faultOfKey(key);
  if (fault === "empty") {
    throw new Problem("bad-request", "the key is empty", {
      errors: [{ path: "key", message: "must not be empty" }],
    });
  }
  if (fault === "too-large") {
    throw new Problem("too-large", `the key has more than ${KEY_BYTES_MAX} bytes in UTF-8`);
  }
  if (fault === "reserved") {
    throw new Problem("bad-request", `the key ${RESERVED}`, {
      errors: [{ path: "key", message: RESERVED }],
    });
  }
  return { key, queryAt };
}

/** The router takes `/v1/{ns}/keys` for a key's path as well, where no other route does. */
const notOfAll = () =>
  new Problem("method-not-allowed", "all keys together can only be listed", {
    headers: { Allow: "GET, HEAD, OPTIONS" },
  });

function decode(text: string): string {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Problem("bad-request", "the key is not percent-encoded UTF-8", {
      errors: [{ path: "key", message: "must be percent-encoded UTF-8" }],
    });
  }
}
