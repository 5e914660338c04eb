/** How transcripts write requests down: `put a one ttl=500 if=absent id=r1 copy idem=key/print`. */
import type { AnyRequest, WriteCondition, WriteOperation } from "../../shared/member/request.ts";
import type { Idempotency } from "../../shared/store/entry.ts";
import { logIndex, ms, type RequestId, region } from "../../shared/types.ts";

const REQUESTS = ["get", "list", "put", "delete", "write", "transfer"];

export const isRequest = (verb: string): boolean => REQUESTS.includes(verb);

export interface Words {
  readonly words: readonly string[];
  readonly options: ReadonlyMap<string, string>;
}

/** Splits a command into its words and its `name=value` options. */
export function wordsOf(line: string): Words {
  const words: string[] = [];
  const options = new Map<string, string>();
  for (const word of line.split(/\s+/).filter((one) => one !== "")) {
    const equals = word.indexOf("=");
    if (equals > 0) options.set(word.slice(0, equals), word.slice(equals + 1));
    else words.push(word);
  }
  return { words, options };
}

/** A request from its notation; `fallbackId` where it names no id of its own. */
export function parseRequest(line: string, fallbackId: string): AnyRequest {
  const { words, options } = wordsOf(line);
  const [verb, key = ""] = words;
  const number = (name: string): number | null =>
    options.has(name) ? Number(options.get(name)) : null;
  if (verb === "transfer") return { type: "transfer", to: region(key) };
  if (verb === "get") {
    const revision = number("rev");
    return { type: "get", key, revision: revision === null ? null : logIndex(revision) };
  }
  if (verb === "list") {
    return {
      type: "list",
      range: {
        prefix: options.get("prefix") ?? "",
        start: options.get("start") ?? null,
        end: options.get("end") ?? null,
        after: options.get("after") ?? null,
        reverse: words.includes("reverse"),
        limit: number("limit") ?? 100,
      },
      values: !words.includes("keys"),
    };
  }
  const condition = options.get("if");
  return {
    type: "write",
    id: (options.get("id") ?? fallbackId) as RequestId,
    copy: words.includes("copy"),
    idempotency: parseIdempotency(options.get("idem")),
    conditions: condition === undefined ? [] : parseConditions(condition, key),
    // A write of several operations names them as `put:a:one` and `delete:b`.
    operations:
      verb === "write"
        ? words
            .slice(1)
            .filter((word) => word.includes(":"))
            .map(parseOperation)
        : [operation(verb ?? "", key, words[2], number("ttl"))],
  };
}

function parseIdempotency(text: string | undefined): Idempotency | null {
  const [key, fingerprint] = text?.split("/") ?? [];
  return key === undefined || fingerprint === undefined ? null : { key, fingerprint };
}

function parseOperation(word: string): WriteOperation {
  const [verb = "", key = "", value] = word.split(":");
  return operation(verb, key, value, null);
}

function operation(
  verb: string,
  key: string,
  text: string | undefined,
  ttlMs: number | null,
): WriteOperation {
  if (verb === "delete") return { type: "delete", key };
  if (verb !== "put") throw new Error(`no operation is called ${verb}`);
  const value = { bytes: new TextEncoder().encode(text ?? ""), contentType: "text/plain" };
  return { type: "put", key, value, ttlMs: ttlMs === null ? null : ms(ttlMs) };
}

/** `absent`, `exists`, `@3,4` (one of these revisions), `!3` (not this one), each also as `key:…`. */
function parseConditions(text: string, fallbackKey: string): WriteCondition[] {
  return text.split("+").map((one): WriteCondition => {
    const [key, what] = one.includes(":") ? one.split(":") : [fallbackKey, one];
    if (key === undefined || what === undefined) throw new Error(`no condition: ${one}`);
    if (what === "absent" || what === "exists") {
      return { type: "exists", key, exists: what === "exists" };
    }
    const among = what
      .slice(1)
      .split(",")
      .map((index) => logIndex(Number(index)));
    return { type: "revision", key, among, negated: what.startsWith("!") };
  });
}
