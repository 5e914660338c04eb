/** `GET /v1/{ns}/keys`: the keys of a group, or of a whole namespace, in UTF-8 byte order. */
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
import { type Asked, type ListedKeys, levelOfAll, listAll } from "./list-all.ts";
import { malformed, readQuery } from "./query.ts";
import { receiptHeaders } from "./receipt.ts";
import { readTerms, type Terms } from "./request-headers.ts";
import { valueMembers } from "./value-json.ts";

export async function listKeys(c: KeyContext): Promise<Response> {
  const { raw } = c.req;
  const grant = requireScope(c, "read");
  const at = queryStart(raw.url);
  const query: ListQuery = at < 0 ? {} : readQuery(raw.url, at, listQuerySchema);
  const group = query.group ?? null;
  if (group !== null) requireGroup(group);
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
  const asked = { range, values };
  const { records, more, headers } =
    group === null
      ? await listAll(c, asked, levelOfAll(query), terms)
      : await listGroup(c, group, asked, terms);
  const last = records.at(-1);
  const cursor = more && last !== undefined ? encodeCursor(cursorQuery, last.key) : null;
  return new Response(
    `{"keys":[${records.map(values ? withValue : withoutValue).join(",")}],"cursor":${JSON.stringify(cursor)}}`,
    { headers: { ...headers, "Content-Type": "application/json" } },
  );
}

/** What a group's leader says. It answers at every level: no other has all of a group at one instant. */
async function listGroup(
  c: KeyContext,
  group: string,
  asked: Asked,
  terms: Terms,
): Promise<ListedKeys> {
  const { answer, ...about } = await exchange(c, group, { type: "list", ...asked }, terms);
  if (answer.type !== "records") {
    throw new Error(`a list was answered with a ${answer.type}`);
  }
  const { records, more } = answer;
  const headers = receiptHeaders(subjectOf(c, group, terms), { answer, ...about }, null);
  return { records, more, headers };
}

function requireGroup(group: string): void {
  if (groupOf(group) === group) return;
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
