/** What an answer says of the request it belongs to. */
import type { Context } from "hono";
import type { AppEnv } from "./context.ts";
import type { About } from "./problem.ts";

const QUESTION_MARK = 63;
const NUMBER_SIGN = 35;

/** The path of a URL as it was sent: still percent-encoded, without query and fragment. */
export function rawPath(url: string): string {
  // Behind the scheme and its two slashes: "https://".
  const start = url.indexOf("/", url.indexOf(":") + 3);
  if (start < 0) return "/";
  let end = start;
  for (; end < url.length; end++) {
    const code = url.charCodeAt(end);
    if (code === QUESTION_MARK || code === NUMBER_SIGN) break;
  }
  return url.slice(start, end);
}

export function about(c: Context<AppEnv>): About {
  const instance = rawPath(c.req.raw.url);
  return { requestId: c.get("requestId"), instance, transaction: c.get("transaction") };
}
