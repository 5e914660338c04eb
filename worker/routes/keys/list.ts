/** `GET /v1/{ns}/keys`: the keys of a group, in UTF-8 byte order. */
import { groupOf } from "../../../shared/group.ts";
import { LIST_LIMIT_DEFAULT } from "../../../shared/limits.ts";
import type { StoredRecord } from "../../../shared/store/entry.ts";
import type { KeyRange } from "../../../shared/store/view.ts";
import type { Grant } from "../../../shared/token.ts";
import { type ListQuery, listQuerySchema } from "../../../shared/wire/keys.ts";
import { requireScope } from "../../grant.ts";
import { Problem } from "../../problem.ts";
import { queryStart } from "./address.ts";
import { type CursorQuery, decodeCursor, encodeCursor } from "./cursor.ts";
import { exchange, type KeyContext, subjectOf } from "./exchange.ts";
import { malformed, readQuery } from "./query.ts";
import { receiptHeaders } from "./receipt.ts";
import { readTerms } from "./request-headers.ts";
import { valueMembers } from "./value-json.ts";

export async function listKeys(c: KeyContext): Promise<Response> {
  const { raw } = c.req;
  const grant = requireScope(c, "read");
  const at = queryStart(raw.url);
  const query: ListQuery = at < 0 ? {} : readQuery(raw.url, at, listQuerySchema);
  const group = groupAsked(query);
  requirePrefix(grant, query.prefix ?? "");
  const terms = readTerms(raw.headers);
  const cursorQuery: CursorQuery = {
    namespace: c.get("namespace").name,
    group,
    prefix: query.prefix ?? "",
    start: query.start ?? null,
    end: query.end ?? null,
    reverse: query.reverse ?? false,
  };
  const values = query.values ?? false;
  const range = rangeOf(query, cursorQuery);
  const answered = await exchange(c, group, { type: "list", range, values }, terms);
  if (answered.answer.type !== "records") {
    throw new Error(`a list was answered with a ${answered.answer.type}`);
  }
  const { records, more } = answered.answer;
  const last = records.at(-1);
  const cursor = more && last !== undefined ? encodeCursor(cursorQuery, last.key) : null;
  return new Response(
    `{"keys":[${records.map(values ? withValue : withoutValue).join(",")}],"cursor":${JSON.stringify(cursor)}}`,
    {
      headers: {
        ...receiptHeaders(subjectOf(c, group, terms), answered, null),
        "Content-Type": "application/json",
      },
    },
  );
}

function groupAsked({ group, consistency }: ListQuery): string {
  if (group === undefined) {
    throw new Problem(
      "bad-request",
      consistency === "strong"
        ? "a whole namespace cannot be listed at strong: its groups have a leader each, and no single one of them knows all keys; name a group"
        : "a whole namespace is listed by replicas, which this deployment does not have yet; name a group",
      { errors: [{ path: "group", message: "is needed here" }] },
    );
  }
  if (groupOf(group) === group) return group;
  throw malformed([
    {
      path: "group",
      message: `names no group: a key like this one is in ${JSON.stringify(groupOf(group))}`,
    },
  ]);
}

/** A list that a token's prefix would cut short is refused rather than passed off as whole. */
function requirePrefix(grant: Grant, prefix: string): void {
  if (prefix.startsWith(grant.prefix)) return;
  throw new Problem(
    "forbidden",
    `this token lists keys that start with ${JSON.stringify(grant.prefix)}; give that as \`prefix\`, or a longer one`,
  );
}

function rangeOf({ limit, cursor }: ListQuery, query: CursorQuery): KeyRange {
  const { prefix, start, end, reverse } = query;
  const after = cursor === undefined ? null : decodeCursor(query, cursor);
  if (cursor !== undefined && after === null) {
    throw malformed([{ path: "cursor", message: "is not a cursor of this query" }]);
  }
  return { prefix, start, end, reverse, after, limit: limit ?? LIST_LIMIT_DEFAULT };
}

const withoutValue = ({ key, revision }: StoredRecord): string =>
  `{"key":${JSON.stringify(key)},"revision":${revision}}`;

const withValue = ({ key, revision, value }: StoredRecord): string =>
  `{"key":${JSON.stringify(key)},"revision":${revision},${valueMembers(value)}}`;
