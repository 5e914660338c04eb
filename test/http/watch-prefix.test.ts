/** Watches of a prefix, over all groups, from the nearest replica: each key's changes in their order. */
import { evictDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it } from "vitest";
import { replicaName } from "../../shared/replica/name.ts";
import { region } from "../../shared/types.ts";
import { healRegions, mustPut, setRegion, threeRegions } from "./groups-client.ts";
import { call, counter, env, expectProblem, freshNamespace, makeToken } from "./service.ts";
import { mustTransact } from "./transactions-client.ts";
import {
  closeAll,
  type Event,
  type EventStream,
  watch,
  watchPath,
  watchSocket,
} from "./watch-client.ts";

afterEach(async () => {
  await healRegions();
  await closeAll();
});

const from = (where: string) => ({ headers: { "Holdfast-From-Region": where } });

const replica = (ns: string, where: string) =>
  env.REPLICA.getByName(replicaName(ns, region(where)));

async function remove(ns: string, key: string): Promise<void> {
  const answer = await call("DELETE", `/v1/${ns}/keys/${encodeURIComponent(key)}`);
  expect(answer.status).toBe(200);
  await answer.body?.cancel();
}

const shown = ({ event, data }: Event): string =>
  data.key === undefined ? event : `${data.key}=${event === "delete" ? "gone" : data.value}`;

/** Events up to one that shows like this. */
async function upTo(stream: Pick<EventStream, "next">, last: string): Promise<string[]> {
  const seen: string[] = [];
  while (seen.at(-1) !== last) {
    const event = await stream.next();
    if (event === null) throw new Error(`the stream ended after ${seen.join(", ")}`);
    seen.push(shown(event));
  }
  return seen;
}

const nextShown = async (stream: Pick<EventStream, "next">): Promise<string> => {
  const event = await stream.next();
  return event === null ? "the end" : shown(event);
};

describe("a watch of a prefix", () => {
  it("tells the changes of keys of all groups that start with it", async () => {
    const ns = await freshNamespace();
    const stream = await watch(ns, "prefix=users/");
    const socket = await watchSocket(ns, "prefix=users/");
    const { headers } = stream.response;
    expect(headers.get("Holdfast-Consistency")).toBe("eventual");
    expect(headers.get("Holdfast-Region")).toBe("weur");
    expect(headers.get("Holdfast-Term")).toBeNull();
    await mustPut(ns, "users/1", "a");
    expect(await nextShown(stream)).toBe("users/1=a");
    await mustPut(ns, "other", "unseen");
    await mustPut(ns, "users/2", "b");
    expect(await nextShown(stream)).toBe("users/2=b");
    await remove(ns, "users/1");
    const gone = await stream.next();
    expect(gone).toEqual({
      id: expect.stringMatching(/^weur\.[0-9a-f]{8}\.1\.\d+$/),
      event: "delete",
      data: { key: "users/1", revision: 2 },
    });
    expect((await socket.take(3)).map(shown)).toEqual(["users/1=a", "users/2=b", "users/1=gone"]);
  });

  it("tells a transaction's writes once it is resolved, and the whole namespace where the prefix is empty", async () => {
    const ns = await threeRegions();
    const stream = await watch(ns, "prefix=", from("apac"));
    expect(stream.response.headers.get("Holdfast-Region")).toBe("apac");
    const keys = ["a/{g}", "b/{g}", "c"];
    await mustTransact({ then: keys.map((key) => ({ op: "put", key, value: 1 })) }, { ns });
    const seen = (await stream.take(3)).map(shown);
    expect(seen.toSorted()).toEqual(keys.map((key) => `${key}=1`));
  });

  it("is resumed: what changed since comes once, what went too", async () => {
    const ns = await freshNamespace();
    const stream = await watch(ns, "prefix=k");
    for (const key of ["k1", "k2", "k3", "k4"]) await mustPut(ns, key, "old");
    await upTo(stream, "k4=old");
    await stream.close();
    await mustPut(ns, "k2", "1");
    await mustPut(ns, "k2", "2");
    await remove(ns, "k3");
    await remove(ns, "k4");
    await mustPut(ns, "k4", "back");
    // Another watch shows when the replica has it all.
    const other = await watch(ns, "prefix=last");
    await mustPut(ns, "last", "x");
    await other.next();
    const headers = { "Last-Event-ID": stream.lastId };
    const again = await watch(ns, "prefix=k", { headers });
    expect(again.lastId).toBe("");
    await mustPut(ns, "k5", "new");
    expect((await upTo(again, "k5=new")).toSorted()).toEqual(
      ["k2=2", "k3=gone", "k4=back", "k5=new"].toSorted(),
    );
    expect(Number(again.lastId.split(".").at(-1))).toBeGreaterThan(0);
  });

  it("outlives the replica's sleep, and its crash", async () => {
    const ns = await freshNamespace();
    const stream = await watch(ns, "prefix=k");
    await mustPut(ns, "k1", "a");
    expect(await nextShown(stream)).toBe("k1=a");
    const resumed = await counter("holdfast_watch_resumed_total");
    await evictDurableObject(replica(ns, "weur"));
    await mustPut(ns, "k2", "b");
    expect(await nextShown(stream)).toBe("k2=b");
    await remove(ns, "k1");
    expect(await nextShown(stream)).toBe("k1=gone");
    expect(await counter("holdfast_watch_resumed_total")).toBe(resumed);
    await evictDurableObject(replica(ns, "weur"), { webSockets: "close" });
    await mustPut(ns, "k3", "c");
    expect(await nextShown(stream)).toBe("k3=c");
    await evictDurableObject(replica(ns, "weur"), { webSockets: "close" });
    await remove(ns, "k2");
    expect(await nextShown(stream)).toBe("k2=gone");
    expect(await counter("holdfast_watch_resumed_total")).toBeGreaterThan(resumed);
  });

  it("at a replica of which nothing is known is told everything, and when that has come", async () => {
    const ns = await freshNamespace();
    for (const key of ["k1", "k2", "k3"]) await mustPut(ns, key, "v");
    const other = await watch(ns, "prefix=last");
    await mustPut(ns, "last", "x");
    await other.next();
    for (const id of ["apac.00000000.1.5", "weur.00000000.1.5", `${other.lastId}99999`]) {
      const stream = await watch(ns, "prefix=k", { headers: { "Last-Event-ID": id } });
      const seen = await upTo(stream, "synced");
      expect(seen).toEqual(["reset", "k1=v", "k2=v", "k3=v", "synced"]);
      await mustPut(ns, "k3", "v");
      expect(await nextShown(stream)).toBe("k3=v");
    }
  });

  it("goes on at another replica where its region fails", { timeout: 60_000 }, async () => {
    const ns = await threeRegions();
    const stream = await watch(ns, "prefix=k", from("weur"));
    expect(stream.response.headers.get("Holdfast-Region")).toBe("weur");
    await mustPut(ns, "k1", "a");
    await mustPut(ns, "k2", "a");
    await upTo(stream, "k2=a");
    await setRegion("weur", "down");
    await mustPut(ns, "k1", "b");
    const seen = await upTo(stream, "synced");
    expect(seen[0]).toBe("reset");
    expect(seen.slice(1, -1).map((one) => one.split("=")[0])).toEqual(["k1", "k2"]);
    await mustPut(ns, "k3", "c");
    expect((await upTo(stream, "k3=c")).filter((one) => !one.startsWith("k1"))).toEqual(["k3=c"]);
  });

  it("catches up over many windows", async () => {
    const ns = await freshNamespace();
    const before = await watch(ns, "prefix=k");
    await mustPut(ns, "k", "x");
    await before.next();
    const keys = Array.from({ length: 700 }, (_, at) => `k/${String(at).padStart(3, "0")}/{g}`);
    for (let at = 0; at < keys.length; at += 100) {
      const then = keys.slice(at, at + 100).map((key) => ({ op: "put", key, value: 1 }));
      await mustTransact({ then }, { ns });
    }
    await upTo(before, `${keys.at(-1)}=1`);
    const first = before.lastId.replace(/\d+$/, "1");
    const again = await watch(ns, "prefix=k/", { headers: { "Last-Event-ID": first } });
    expect((await again.take(keys.length)).map(({ data }) => data.key)).toEqual(keys);
    await mustPut(ns, "k/last", "x");
    expect(await nextShown(again)).toBe("k/last=x");
  });
});

it("a token's prefix holds", async () => {
  const ns = await freshNamespace();
  const { token } = await makeToken(ns, { scopes: ["read"], prefix: "users/" });
  const refused = await call("GET", watchPath(ns, "prefix=user"), { token });
  await expectProblem(refused, "forbidden");
  const stream = await watch(ns, "prefix=users/1", { token });
  await mustPut(ns, "users/2", "unseen");
  await mustPut(ns, "users/1", "seen");
  expect(await nextShown(stream)).toBe("users/1=seen");
});

it("positions of a group say nothing of a prefix", async () => {
  const headers = { "Last-Event-ID": "7" };
  const answer = await call("GET", watchPath("default", "prefix=a"), { headers });
  const problem = await expectProblem(answer, "bad-request");
  expect(problem.errors?.map((fault) => fault.path)).toEqual(["Last-Event-ID"]);
});
