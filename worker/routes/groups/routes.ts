/** `/v1/{ns}/groups/{group}`: how a group stands, and who shall lead it. */
import type { Context, Hono } from "hono";
import { SETTINGS_BYTES_MAX } from "../../../shared/limits.ts";
import { nameIn, shownKey } from "../../../shared/lock/key.ts";
import { formatTerm } from "../../../shared/raft/term.ts";
import { allowsKey, type Grant, type Scope } from "../../../shared/token.ts";
import { addMs, type Instant } from "../../../shared/types.ts";
import { handOverSchema } from "../../../shared/wire/groups.ts";
import type { AppEnv } from "../../context.ts";
import { requireScope } from "../../grant.ts";
import { jsonResponse, readJson, requireAcceptsJson } from "../../json.ts";
import { Problem } from "../../problem.ts";
import { handOver } from "../../router/hand-over.ts";
import { operate } from "../../router/operate.ts";
import { readTerms } from "../keys/request-headers.ts";
import { groupAt, groupAtLeader } from "./address.ts";
import { replicasOf } from "./replicas.ts";

/** All that follows, slashes and line feeds too. */
const GROUP = ":group{[^]+}";

export function groupRoutes(app: Hono<AppEnv>): void {
  app.get(`/v1/:ns/groups/${GROUP}`, async (c) => {
    const group = groupAt(c.req.raw.url);
    const grant = requireGroup(c, "read", group);
    requireAcceptsJson(c);
    const subject = subjectOf(c, group);
    const answer = await operate(c.env, { ...subject, request: { type: "describe" } });
    if (answer.type === "refused") throw new Problem(answer.code, answer.detail);
    if (answer.type !== "described") throw new Error(`a group was described by ${answer.type}`);
    const { leader, leaseMs, members, inDoubt, receipt } = answer;
    return jsonResponse(c, 200, {
      group,
      term: formatTerm(receipt.term),
      leader,
      leaseMs,
      members,
      replicas: await replicasOf(c, subject, members),
      inDoubt: inDoubt.map(({ id, attempt, ageMs, keys }) => ({
        id,
        attempt,
        ageMs,
        keys: keys.filter((key) => allowsKey(grant, nameIn(key))).map(shownKey),
      })),
    });
  });

  app.post(`/v1/:ns/groups/${GROUP}/leader`, async (c) => {
    const group = groupAtLeader(c.req.raw.url);
    requireGroup(c, "admin", group);
    requireAcceptsJson(c);
    const subject = subjectOf(c, group);
    const { region: to } = await readJson(c, handOverSchema, SETTINGS_BYTES_MAX);
    const { regions } = subject.namespace;
    if (!regions.includes(to)) {
      const message = `must be one of the namespace's regions, ${regions.join(", ")}`;
      throw new Problem("bad-request", `region ${message}`, {
        errors: [{ path: "region", message }],
      });
    }
    const answer = await handOver(c.env, { ...subject, to });
    if (answer.type === "refused") throw new Problem(answer.code, answer.detail);
    return jsonResponse(c, 200, { group, leader: answer.leader });
  });
}

/**
 * Refuses a token that may not do this to this group. A group's name stands for its keys: that of a bare key is the
 * key. Under a tag lie keys of any prefix, and indexes tell of all of them, so the tag itself has to start with
 * what the token is for.
 */
function requireGroup(c: Context<AppEnv>, scope: Scope, group: string): Grant {
  const grant = requireScope(c, scope);
  if (allowsKey(grant, group)) return grant;
  throw new Problem(
    "forbidden",
    `this token is for groups whose name starts with ${JSON.stringify(grant.prefix)}`,
  );
}

/** Whom a request is about, and until when; its body counts against the deadline too. */
function subjectOf(c: Context<AppEnv>, group: string) {
  const { deadlineMs } = readTerms(c.req.raw.headers);
  const deadline = addMs(Date.now() as Instant, deadlineMs);
  return { namespace: c.get("namespace"), group, deadline };
}
