/** What an object is called, for its alarm: kept by older code without replicas, and mended by the next call. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import type { GroupRef, GroupRequest } from "../shared/member/request.ts";
import { replicaName } from "../shared/replica/name.ts";
import { logIndex, ms, type RequestId, region } from "../shared/types.ts";
import type { Members } from "./reach.ts";
import { type Replicas, replicaIn } from "./reach-replica.ts";

const objects = env as unknown as Members & Replicas;
const [WEUR, APAC] = [region("weur"), region("apac")];
const CALLER = { deadlineMs: ms(5_000), unreachable: [], alone: true };
const GET: GroupRequest = { type: "get", key: "g", revision: null };

const put = (id: string): GroupRequest => ({
  type: "write",
  id: id as RequestId,
  copy: false,
  idempotency: null,
  conditions: [],
  operations: [
    {
      type: "put",
      key: "g",
      value: { bytes: new Uint8Array(3), contentType: "text/plain" },
      ttlMs: ms(3_600_000),
    },
  ],
});

/** A group as code knew it before there were replicas, and as it is known now. */
function group(namespace: string): { member: DurableObjectStub; old: GroupRef; now: GroupRef } {
  const old = { namespace, group: "g", members: [WEUR], self: WEUR, historyMs: ms(60_000) };
  const member = objects.MEMBER.getByName(`${namespace}/weur/g`);
  return { member, old, now: { ...old, replicas: [APAC] } };
}

const serve = (member: DurableObjectStub, ref: GroupRef, request: GroupRequest) =>
  (member as unknown as { serve(...args: unknown[]): Promise<unknown> }).serve(
    ref,
    [request],
    CALLER,
  );

const kept = (member: DurableObjectStub) =>
  runInDurableObject(member, (_, { storage }) => storage.kv.get<GroupRef>("group"));

/** How far the replica is that nobody but the group's leader has told anything. */
async function indexIn(namespace: string): Promise<number> {
  const ref = { namespace, members: [WEUR], replicas: [APAC], historyMs: ms(60_000), self: APAC };
  const { groups } = await replicaIn(objects, ref).status(ref, ["g"]);
  return groups[0]?.index ?? logIndex(0);
}

it.each(["a call", "the alarm"])(
  "a member kept without replicas feeds them, woken by %s",
  async (by) => {
    const namespace = `kept-${by.split(" ").at(-1)}`;
    const { member, old, now } = group(namespace);
    await serve(member, old, put("one"));
    expect(await kept(member)).toEqual(old);
    expect(await indexIn(namespace)).toBe(0);
    await evictDurableObject(member);
    if (by === "the alarm") expect(await runDurableObjectAlarm(member)).toBe(true);
    await serve(member, now, GET);
    expect(await kept(member)).toEqual(now);
    // The alarm that asks the replicas.
    expect(await runDurableObjectAlarm(member)).toBe(true);
    expect(await indexIn(namespace)).toBe(1);
  },
);

it("a member is not renamed by whoever says less of it, nor in another order", async () => {
  const { member, old, now } = group("said-less");
  await serve(member, now, put("one"));
  for (const { members, ...rest } of [old, now]) {
    await evictDurableObject(member);
    await serve(member, { ...rest, members }, GET);
    expect(JSON.stringify(await kept(member))).toBe(JSON.stringify(now));
  }
});

it("a replica that was kept with less is named as it is called", async () => {
  const ref = { namespace: "n", members: [WEUR], replicas: [APAC, WEUR], self: APAC };
  const full = { ...ref, historyMs: ms(60_000) };
  const replica = objects.REPLICA.getByName(replicaName("n", APAC));
  await runInDurableObject(replica, (_, { storage }) => storage.kv.put("replica", ref));
  await replicaIn(objects, full).status(full, []);
  await runInDurableObject(replica, (_, { storage }) => {
    expect(storage.kv.get("replica")).toEqual(full);
  });
});
