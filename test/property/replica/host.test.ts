import { describe, expect, it } from "vitest";
import { groupHash } from "../../../shared/bookmark.ts";
import {
  ALARM_LATE_MS,
  FEED_MS,
  PROOF_WAIT_MS,
  STATE_RESTARTS_MAX,
  SWEEP_MS,
} from "../../../shared/replica/limits.ts";
import type { ReadLevel, ReplicaReadAnswer } from "../../../shared/replica/request.ts";
import type { KeyRange } from "../../../shared/store/view.ts";
import { type LogIndex, logIndex, ms } from "../../../shared/types.ts";
import { textOf } from "./group-model.ts";
import { ENAM, REGIONS, WEUR, WNAM, World } from "./world.ts";

const EVENTUAL: ReadLevel = { type: "eventual" };
const session = (atLeast: number, waitMs = 250): ReadLevel => ({
  type: "session",
  atLeast: logIndex(atLeast),
  waitMs: ms(waitMs),
});
const bounded = (maxStalenessMs: number): ReadLevel => ({
  type: "bounded",
  maxStalenessMs: ms(maxStalenessMs),
});

/** An answer as a line: the texts and the index, or that there is none. */
function line(answer: ReplicaReadAnswer): string {
  if (answer.type === "behind") return `behind at ${answer.index}`;
  const texts = answer.records.map((record) => textOf(record?.value) ?? "absent");
  return `${texts.join(",")} at ${answer.index}${answer.doubt ? " in doubt" : ""}`;
}

/** A world in which all replicas have found out that there is nothing. */
async function filled(): Promise<World> {
  const world = new World();
  for (const { host } of world.replicas) await world.finish(host.status());
  await world.rest();
  return world;
}

const read = async (world: World, keys: readonly string[], level: ReadLevel) =>
  line(await world.finish(world.replica(WEUR).host.read({ keys, level })));

describe("what the queue brings", () => {
  it("is applied in order, with what is repeated dropped, without asking anybody", async () => {
    const world = await filled();
    const g = world.group("g");
    for (const text of ["one", "two", "three"]) g.put({ g: text });
    expect(await world.apply(WEUR, g.fanOut(2), g.fanOut(1))).toEqual({ g: 2 });
    expect(await world.apply(WEUR, g.fanOut(1, 2), g.fanOut(3), g.fanOut(3))).toEqual({ g: 3 });
    expect(await world.apply(WEUR, g.fanOut(2))).toEqual({ g: 3 });
    expect(world.fed).toEqual([]);
    expect(await read(world, ["g"], EVENTUAL)).toBe("three at 3");
  });

  it("is fetched where messages before it were lost", async () => {
    const world = await filled();
    const g = world.group("g");
    for (const text of ["one", "two", "three"]) g.put({ g: text });
    expect(await world.apply(WEUR, g.fanOut(3))).toEqual({ g: 3 });
    expect(world.fed.map(({ request }) => request.from)).toEqual([1]);
  });

  it("is fetched where it was too large for a message", async () => {
    const world = await filled();
    const g = world.group("g");
    g.put({ g: "large" });
    const pointer = { group: "g", entries: [], through: logIndex(1) };
    expect(await world.apply(WEUR, pointer)).toEqual({ g: 1 });
    expect(await read(world, ["g"], EVENTUAL)).toBe("large at 1");
  });

  it("is fetched for several groups side by side, and once for each", async () => {
    const world = await filled();
    const names = Array.from({ length: 40 }, (_, at) => `g${at}`);
    for (const name of names)
      for (const text of ["a", "b"]) world.group(name).put({ [name]: text });
    const before = world.timeline.now;
    const batch = names.map((name) => world.group(name).fanOut(2));
    const twice = Promise.all([1, 2].map(() => world.replica(WEUR).host.apply(batch)));
    for (const groups of await world.finish(twice)) {
      expect(groups.map(({ index }) => index)).toEqual(names.map(() => 2));
    }
    expect(world.fed).toHaveLength(names.length);
    // Three at a time of sixteen, each twenty milliseconds there and back.
    expect(world.timeline.now - before).toBeLessThan(100);
  });

  it("is left where no leader is found, and said so", async () => {
    const world = await filled();
    const [g, h] = [world.group("g"), world.group("h")];
    for (const text of ["one", "two"]) g.put({ g: text });
    h.put({ h: "one" });
    world.leaderless = true;
    expect(await world.apply(WEUR, g.fanOut(2), h.fanOut(1))).toEqual({ g: 0, h: 1 });
    world.leaderless = false;
    expect(await world.apply(WEUR, g.fanOut(2))).toEqual({ g: 2 });
  });

  it("is told to be there once it is durable, and not before", async () => {
    const world = await filled();
    const g = world.group("g");
    g.put({ g: "one" });
    let told = false;
    const replica = world.replica(WEUR);
    void replica.host.apply([g.fanOut(1)]).then(() => {
      told = true;
    });
    // The disk takes a millisecond.
    await world.pass(0.5);
    replica.crash();
    await world.pass(1_000);
    expect(told).toBe(false);
    expect(await world.apply(WEUR, g.fanOut(1))).toEqual({ g: 1 });
  });

  it("finds the leader wherever it has moved", async () => {
    const world = await filled();
    world.leader = ENAM;
    const g = world.group("g");
    for (const text of ["one", "two"]) g.put({ g: text });
    expect(await world.apply(WEUR, g.fanOut(2))).toEqual({ g: 2 });
  });
});

describe("a leader that answers nonsense", () => {
  it("ends the replica's life where its entries do not follow (F1)", async () => {
    const world = await filled();
    const g = world.group("g");
    for (const text of ["one", "two"]) g.put({ g: text });
    world.answers = (_, request) => g.feed({ ...request, from: logIndex(2) });
    const weur = world.replica(WEUR);
    await expect(world.finish(weur.host.notice("g", logIndex(2)))).rejects.toThrow("F1");
    expect(weur.violations.map(String)).toEqual([expect.stringContaining("F1")]);
    world.answers = (group, request) => world.group(group).feed(request);
    expect(await world.apply(WEUR, g.fanOut(2))).toEqual({ g: 2 });
  });

  it("is given up where it brings nothing", async () => {
    const world = await filled();
    const g = world.group("g");
    g.put({ g: "one" });
    world.answers = (_, request) => ({ ...g.feed(request), entries: [] });
    expect(await world.apply(WEUR, g.fanOut(1), { ...g.fanOut(1), through: logIndex(2) })).toEqual({
      g: 1,
    });
    expect(world.fed).toHaveLength(1);
    const { host } = world.replica(ENAM);
    expect(await world.finish(host.notice("g", logIndex(1)))).toBe(0);
    expect(world.fed).toHaveLength(2);
  });

  it("is given up where its state begins anew with each part", async () => {
    const world = await filled();
    const g = world.group("g");
    g.keysPerPart = 1;
    world.answers = (_, request) => {
      g.put({ g: "new", "{g}": "new" });
      g.base = g.index;
      return g.feed(request);
    };
    const noticed = world.replica(WEUR).host.notice("g", logIndex(9));
    expect(await world.finish(noticed)).toBe(0);
    expect(world.fed).toHaveLength(STATE_RESTARTS_MAX + 2);
  });
});

describe("a notice", () => {
  it("fetches what is missing, and gives the index that is durable", async () => {
    const world = await filled();
    world.group("g").put({ g: "one" });
    const { host } = world.replica(WEUR);
    expect(await world.finish(host.notice("g", logIndex(1)))).toBe(1);
    expect(await world.finish(host.notice("g", logIndex(1)))).toBe(1);
    expect(world.fed).toHaveLength(1);
  });

  it("gives the index that is there where the leader is not found", async () => {
    const world = await filled();
    world.leaderless = true;
    const before = world.timeline.now;
    const noticed = world.replica(WEUR).host.notice("g", logIndex(1));
    expect(await world.finish(noticed)).toBe(0);
    expect(world.timeline.now - before).toBeLessThanOrEqual(FEED_MS + 300);
  });
});

describe("a group's state", () => {
  /** A group of which the replica has the first entry, and the leader no log but its state, in parts. */
  async function compacted() {
    const world = await filled();
    const g = world.group("g");
    g.put({ g: "old", "{g}gone": "old" });
    await world.apply(WEUR, g.fanOut(1));
    g.put({ "{g}1": "new", "{g}2": "new", "{g}gone": null });
    g.put({ g: "new" });
    g.base = 3;
    g.keysPerPart = 1;
    return { world, g };
  }
  const KEYS = ["g", "{g}1", "{g}2", "{g}gone"];

  it("takes the place of what was there, whole", async () => {
    const { world, g } = await compacted();
    const seen = new Set<string>();
    const applied = world.replica(WEUR).host.apply([g.fanOut(3)]);
    for (let at = 0; at < 200; at++) {
      seen.add(await read(world, KEYS, EVENTUAL));
      await world.pass(1);
    }
    expect([...seen]).toEqual(["old,absent,absent,old at 1", "new,new,new,absent at 3"]);
    expect(await world.finish(applied)).toEqual([{ group: "g", index: 3 }]);
  });

  it("is followed by entries that came while it was on its way", async () => {
    const { world, g } = await compacted();
    const applied = world.replica(WEUR).host.apply([g.fanOut(3)]);
    await world.pass(30);
    g.put({ "{g}2": "newer" });
    expect(await world.apply(WEUR, g.fanOut(4))).toEqual({ g: 4 });
    await world.finish(applied);
    expect(await read(world, KEYS, EVENTUAL)).toBe("new,new,newer,absent at 4");
  });

  it("is dropped where the queue was faster", async () => {
    const { world, g } = await compacted();
    const applied = world.replica(WEUR).host.apply([g.fanOut(3)]);
    await world.pass(30);
    g.put({ "{g}2": "newer" });
    expect(await world.apply(WEUR, g.fanOut(2, 4))).toEqual({ g: 4 });
    await world.finish(applied);
    expect(await read(world, KEYS, EVENTUAL)).toBe("new,new,newer,absent at 4");
  });

  it("begins anew where what its parts were of is compacted", async () => {
    const { world, g } = await compacted();
    const applied = world.replica(WEUR).host.apply([g.fanOut(3)]);
    await world.pass(30);
    g.put({ g: null, "{g}1": "newer" });
    g.base = 4;
    await world.finish(applied);
    expect(await read(world, KEYS, EVENTUAL)).toBe("absent,newer,new,absent at 4");
  });

  it("is asked for from the start by another life", async () => {
    const { world, g } = await compacted();
    void world.replica(WEUR).host.apply([g.fanOut(3)]);
    await world.pass(50);
    world.replica(WEUR).crash();
    g.put({ "{g}1": null });
    g.base = 4;
    expect(await world.apply(WEUR, g.fanOut(4))).toEqual({ g: 4 });
    expect(await read(world, KEYS, EVENTUAL)).toBe("new,absent,new,absent at 4");
  });

  it("brings what is in doubt", async () => {
    const { world, g } = await compacted();
    const vote = g.vote({ g: "voted" });
    g.base = 4;
    await world.apply(WEUR, g.fanOut(4));
    expect(await read(world, ["g"], EVENTUAL)).toBe("new at 4 in doubt");
    g.resolve(vote, true);
    await world.apply(WEUR, g.fanOut(5));
    expect(await read(world, ["g"], EVENTUAL)).toBe("voted at 5");
  });
});

describe("a read at session", () => {
  it("is answered at once where the bookmark is reached", async () => {
    const world = await filled();
    const g = world.group("g");
    g.put({ g: "one" });
    await world.apply(WEUR, g.fanOut(1));
    const before = world.timeline.now;
    expect(await read(world, ["g"], session(1))).toBe("one at 1");
    expect(world.timeline.now).toBe(before);
    expect(world.fed).toEqual([]);
  });

  it("fetches what it lacks", async () => {
    const world = await filled();
    world.group("g").put({ g: "one" });
    expect(await read(world, ["g"], session(1))).toBe("one at 1");
  });

  it("is woken by the queue where no leader answers", async () => {
    const world = await filled();
    const g = world.group("g");
    g.put({ g: "one" });
    world.leaderless = true;
    world.timeline.after(100, () => void world.replica(WEUR).host.apply([g.fanOut(1)]));
    const before = world.timeline.now;
    expect(await read(world, ["g"], session(1))).toBe("one at 1");
    expect(world.timeline.now - before).toBeLessThan(120);
  });

  it("is turned away when it has waited, and no later", async () => {
    const world = await filled();
    world.leaderless = true;
    const before = world.timeline.now;
    expect(await read(world, ["g"], session(1, 250))).toBe("behind at 0");
    expect(world.timeline.now - before).toBeLessThanOrEqual(251);
  });

  it("sees no less than a transaction that the bookmark has seen", async () => {
    const world = await filled();
    const g = world.group("g");
    g.put({ g: "before", "{g}1": "before" });
    const vote = g.vote({ g: "after" });
    await world.apply(WEUR, g.fanOut(1, 2));
    expect(await read(world, ["g"], session(2))).toBe("behind at 2");
    // Not that key, but a bookmark that may stand for its new state.
    expect(await read(world, ["{g}1"], session(2))).toBe("behind at 2");
    expect(await read(world, ["{g}1"], session(1))).toBe("before at 2");
    // A key that is about to change is the leader's.
    expect(await read(world, ["g"], session(1))).toBe("behind at 2");
    expect(await read(world, ["g"], EVENTUAL)).toBe("before at 2 in doubt");
    world.timeline.after(40, () => g.resolve(vote, true));
    world.timeline.after(50, () => void world.replica(WEUR).host.apply([g.fanOut(3)]));
    expect(await read(world, ["g", "{g}1"], session(2))).toBe("after,before at 3");
  });

  it("sees nothing of a transaction that was aborted", async () => {
    const world = await filled();
    const g = world.group("g");
    g.put({ g: "before" });
    g.resolve(g.vote({ g: "after" }), false);
    await world.apply(WEUR, g.fanOut(1, 3));
    expect(await read(world, ["g"], session(3))).toBe("before at 3");
  });
});

describe("a read within a bound", () => {
  it("is answered from a proof, for as long as that is fresh", async () => {
    const world = await filled();
    world.group("g").put({ g: "one" });
    expect(await read(world, ["g"], bounded(1_000))).toBe("one at 1");
    world.group("g").put({ g: "two" });
    await world.pass(500);
    expect(await read(world, ["g"], bounded(1_000))).toBe("one at 1");
    expect(world.fed).toHaveLength(1);
    // Sent twenty milliseconds before it was answered, on a clock that may be slow by a tenth.
    await world.pass(400);
    expect(await read(world, ["g"], bounded(1_000))).toBe("two at 2");
    expect(world.fed).toHaveLength(2);
  });

  it("counts the proof from when it was sent, however late the answer", async () => {
    const world = await filled();
    const g = world.group("g");
    g.put({ g: "one" });
    world.held = [];
    const { host } = world.replica(WEUR);
    const first = host.read({ keys: ["g"], level: bounded(10_000) });
    await world.pass(900);
    g.put({ g: "two" });
    world.release();
    expect(line(await world.finish(first))).toBe("two at 2");
    const { groups } = await world.finish(host.status(["g"]));
    expect(groups[0]?.ageMs).toBeGreaterThanOrEqual(910);
  });

  it("does not count what the queue brings", async () => {
    const world = await filled();
    const g = world.group("g");
    g.put({ g: "one" });
    await world.apply(WEUR, g.fanOut(1));
    world.leaderless = true;
    const before = world.timeline.now;
    expect(await read(world, ["g"], bounded(60_000))).toBe("behind at 1");
    expect(world.timeline.now - before).toBeLessThanOrEqual(PROOF_WAIT_MS + 1);
    const answer = await world.finish(
      world.replica(WEUR).host.read({ keys: ["g"], level: EVENTUAL }),
    );
    expect(answer).toMatchObject({ type: "read", ageMs: null });
  });

  it("asks again where a fetch that was under way was sent too early", async () => {
    const world = await filled();
    const g = world.group("g");
    g.put({ g: "one" });
    world.held = [];
    const { host } = world.replica(WEUR);
    const noticed = host.notice("g", logIndex(1));
    await world.pass(500);
    const asked = host.read({ keys: ["g"], level: bounded(0) });
    world.release();
    expect(line(await world.finish(asked))).toBe("one at 1");
    await world.finish(noticed);
    expect(world.fed).toHaveLength(2);
  });

  it("proves that a key is absent", async () => {
    const world = await filled();
    expect(await read(world, ["nothing"], bounded(0))).toBe("absent at 0");
  });

  it("is for the leader while the key may be about to change", async () => {
    const world = await filled();
    const g = world.group("g");
    g.put({ g: "before", "{g}1": "before" });
    g.vote({ g: "after" });
    expect(await read(world, ["g"], bounded(1_000))).toBe("behind at 2");
    expect(await read(world, ["{g}1"], bounded(1_000))).toBe("before at 2");
    expect(world.fed).toHaveLength(1);
  });

  it("holds no proof beyond its life", async () => {
    const world = await filled();
    world.group("g").put({ g: "one" });
    await read(world, ["g"], bounded(60_000));
    world.replica(WEUR).crash();
    await read(world, ["g"], bounded(60_000));
    expect(world.fed).toHaveLength(2);
  });
});

describe("what a read costs", () => {
  it("counts the calls of leaders that it had made, and not those of others", async () => {
    const world = await filled();
    const g = world.group("g");
    g.put({ g: "one" });
    const { host } = world.replica(WEUR);
    const asked = [1, 2].map(() => host.read({ keys: ["g"], level: bounded(1_000) }));
    const answers = await world.finish(Promise.all(asked));
    expect(answers.map(({ calls }) => calls)).toEqual([1, 0]);
    const again = await world.finish(host.read({ keys: ["g"], level: bounded(1_000) }));
    expect(again.calls).toBe(0);
    const behind = await world.finish(host.read({ keys: ["g"], level: session(2, 30) }));
    expect(behind).toEqual({ type: "behind", index: 1, calls: 1 });
  });
});

describe("a list", () => {
  const ALL: KeyRange = {
    prefix: "",
    start: null,
    end: null,
    after: null,
    reverse: false,
    limit: 2,
  };
  const hash = (group: string) => groupHash("ns", group);

  async function listed(world: World, seen: Record<string, number> | null, waitMs = 250) {
    const marks = Object.entries(seen ?? {}).map(([group, index]): [number, LogIndex] => [
      hash(group),
      logIndex(index),
    ]);
    const level = seen
      ? { type: "session" as const, waitMs: ms(waitMs) }
      : { type: "eventual" as const };
    const { host } = world.replica(WEUR);
    return world.finish(host.list({ range: ALL, values: true, level, named: new Map(marks) }));
  }

  it("is of the whole namespace, and says what it has seen", async () => {
    const world = await filled();
    const [a, b, c] = ["a", "b", "c"].map((name) => world.group(name));
    a!.put({ a: "1", "z{a}": "1" });
    for (const text of ["1", "2"]) b!.put({ b: text });
    c!.put({ c: "1" });
    await world.apply(WEUR, a!.fanOut(1), b!.fanOut(1, 2), c!.fanOut(1));
    expect(await listed(world, null)).toMatchObject({
      type: "records",
      records: [{ key: "a" }, { key: "b" }],
      more: true,
      seen: [
        { group: "a", index: 1 },
        { group: "b", index: 2 },
      ],
      calls: 0,
    });
  });

  it("says how far the groups are that a bookmark names, though it shows nothing of them", async () => {
    const world = await filled();
    const [a, b] = ["a", "b"].map((name) => world.group(name));
    a!.put({ a: "1" });
    for (const text of ["1", null]) b!.put({ b: text });
    await world.apply(WEUR, a!.fanOut(1), b!.fanOut(1, 2));
    const had = new Map([
      [hash("a"), 1],
      [hash("b"), 2],
      [hash("unheard"), 0],
    ]);
    for (const level of [{ type: "session", waitMs: ms(250) }, { type: "eventual" }] as const) {
      const named = new Map([
        [hash("b"), logIndex(1)],
        [hash("unheard"), logIndex(0)],
      ]);
      const { host } = world.replica(WEUR);
      const asked = host.list({ range: ALL, values: false, level, named });
      expect(await world.finish(asked)).toMatchObject({ seen: [{ group: "a", index: 1 }], had });
    }
  });

  it("waits for all groups of a bookmark, and fetches those it knows", async () => {
    const world = await filled();
    const [a, b] = ["a", "b"].map((name) => world.group(name));
    for (const text of ["1", "2"]) a!.put({ a: text });
    b!.put({ b: "1" });
    await world.apply(WEUR, a!.fanOut(1));
    world.timeline.after(100, () => void world.replica(WEUR).host.apply([b!.fanOut(1)]));
    expect(await listed(world, { a: 2, b: 1 })).toMatchObject({
      type: "records",
      seen: [
        { group: "a", index: 2 },
        { group: "b", index: 1 },
      ],
    });
    expect(await listed(world, { c: 0 })).toMatchObject({ type: "records" });
  });

  it("is turned away where a group of the bookmark does not come", async () => {
    const world = await filled();
    expect(await listed(world, { unheard: 1 })).toEqual({ type: "behind", calls: 0 });
    const a = world.group("a");
    a.put({ a: "1" });
    a.vote({ a: "2" });
    await world.apply(WEUR, a.fanOut(1, 2));
    expect(await listed(world, { a: 2 })).toEqual({ type: "behind", calls: 1 });
    expect(await listed(world, { a: 1 })).toMatchObject({ type: "records" });
  });
});

describe("a replica's status", () => {
  it("says how far it is, with groups and altogether", async () => {
    const world = await filled();
    const [a, b] = ["a", "b"].map((name) => world.group(name));
    a!.put({ a: "1" }, 100);
    b!.put({ b: "1" }, 300);
    await world.apply(WEUR, a!.fanOut(1), b!.fanOut(1));
    expect(await world.finish(world.replica(WEUR).host.status(["b", "c"]))).toEqual({
      groups: [
        { group: "b", index: 1, at: 300, ageMs: null },
        { group: "c", index: 0, at: 0, ageMs: null },
      ],
      known: 2,
      newestAt: 300,
      filled: true,
    });
  });
});

describe("a new replica", () => {
  it("is filled from another one while it serves, and then rests (L3)", async () => {
    const world = new World();
    const names = Array.from({ length: 1_200 }, (_, at) => `g${at}`);
    const batch = names.map((name) => {
      world.group(name).put({ [name]: "1" });
      return world.group(name).fanOut(1);
    });
    world.replica(WEUR).down = true;
    await world.apply(WNAM, ...batch);
    await world.pass(30_000);
    const { host } = world.replica(WEUR);
    world.replica(WEUR).down = false;
    expect((await world.finish(host.status())).filled).toBe(false);
    expect(await read(world, ["g7"], EVENTUAL)).toBe("absent at 0");
    await world.pass(20_000);
    expect(await world.finish(host.status())).toMatchObject({ known: 1_200, filled: true });
    expect(await read(world, ["g7"], EVENTUAL)).toBe("1 at 1");
    await world.rest();
    for (const { alarm } of world.replicas) expect(alarm).toBeNull();
  });

  it("goes on where it was when its life ends", async () => {
    const world = new World();
    const batch = Array.from({ length: 600 }, (_, at) => {
      world.group(`g${at}`).put({ [`g${at}`]: "1" });
      return world.group(`g${at}`).fanOut(1);
    });
    await world.apply(WNAM, ...batch);
    await world.rest();
    const weur = world.replica(WEUR);
    await world.finish(weur.host.status());
    for (let crash = 0; crash < 20; crash++) {
      await world.pass(100);
      weur.crash();
    }
    await world.rest();
    expect(await world.finish(weur.host.status())).toMatchObject({ known: 600, filled: true });
  });

  it("writes two rows to begin, and an idle one none", async () => {
    const world = await filled();
    const weur = world.replica(WEUR);
    const before = weur.rows;
    await read(world, ["g"], EVENTUAL);
    await read(world, ["g"], session(0));
    weur.crash();
    await read(world, ["g"], EVENTUAL);
    expect(weur.rows).toBe(before);
    expect(weur.alarm).toBeNull();
  });
});

describe("a sweep", () => {
  it("spreads what one replica heard to those whose messages were all lost, and ends (F2, L3)", async () => {
    const world = await filled();
    const g = world.group("g");
    g.put({ g: "one" });
    await world.apply(WNAM, g.fanOut(1));
    const before = world.timeline.now;
    await world.rest();
    expect(world.timeline.now - before).toBeLessThan(4.5 * SWEEP_MS);
    for (const at of REGIONS) {
      const { host, alarm } = world.replica(at);
      expect(await world.finish(host.status(["g"]))).toMatchObject({ groups: [{ index: 1 }] });
      expect(alarm).toBeNull();
    }
  });

  it("reaches a region that was down for long", async () => {
    const world = await filled();
    const g = world.group("g");
    g.put({ g: "one" });
    const weur = world.replica(WEUR);
    weur.down = true;
    await world.apply(WNAM, g.fanOut(1));
    await world.pass(5 * SWEEP_MS);
    weur.down = false;
    await world.rest();
    expect(await read(world, ["g"], EVENTUAL)).toBe("one at 1");
  });

  it("tries a group again whose leader was not found", async () => {
    const world = await filled();
    const g = world.group("g");
    g.put({ g: "one" });
    await world.apply(WNAM, g.fanOut(1));
    world.leaderless = true;
    await world.pass(6 * SWEEP_MS);
    expect(await read(world, ["g"], EVENTUAL)).toBe("absent at 0");
    world.leaderless = false;
    await world.rest();
    expect(await read(world, ["g"], EVENTUAL)).toBe("one at 1");
  });

  it("is made all the same where its alarm was lost, once somebody calls", async () => {
    const world = await filled();
    const g = world.group("g");
    g.put({ g: "one" });
    await world.apply(WNAM, g.fanOut(1));
    const wnam = world.replica(WNAM);
    wnam.loseAlarm();
    await world.pass(SWEEP_MS + ALARM_LATE_MS);
    expect(wnam.alarm).toBeNull();
    await world.finish(wnam.host.status());
    await world.rest();
    expect(await read(world, ["g"], EVENTUAL)).toBe("one at 1");
  });

  it("is still to come where its alarm rings early", async () => {
    const world = await filled();
    const g = world.group("g");
    g.put({ g: "one" });
    await world.apply(WNAM, g.fanOut(1));
    const wnam = world.replica(WNAM);
    const due = wnam.alarm;
    await world.finish(wnam.ring());
    await world.pass(10);
    wnam.crash();
    expect(wnam.alarm).toBe(due);
  });
});

describe("a census", () => {
  it("asks each group's leader, and so finds what nobody was told of (F2, L3)", async () => {
    const world = await filled();
    const g = world.group("g");
    g.put({ g: "one" });
    for (const at of REGIONS) await world.apply(at, g.fanOut(1));
    g.put({ g: "two" });
    world.group("unheard").put({ unheard: "one" });
    await world.rest();
    for (const at of REGIONS) {
      const { host, alarm } = world.replica(at);
      expect(await world.finish(host.status(["g", "unheard"]))).toMatchObject({
        // Of what no replica has ever heard of, none can ask.
        groups: [{ index: 2 }, { index: 0 }],
      });
      expect(alarm).toBeNull();
    }
  });

  it("is made by a replica that is the only one", async () => {
    const world = new World();
    world.regions = [WEUR];
    const g = world.group("g");
    g.put({ g: "one" });
    await world.apply(WEUR, g.fanOut(1));
    g.put({ g: "two" });
    await world.rest();
    expect(await read(world, ["g"], EVENTUAL)).toBe("two at 2");
    expect(world.replica(WEUR).alarm).toBeNull();
  });

  it("is followed by another as long as it finds something, and then by none", async () => {
    const world = await filled();
    const g = world.group("g");
    g.put({ g: "0" });
    await world.apply(WEUR, g.fanOut(1));
    for (let hour = 1; hour <= 10; hour++) {
      g.put({ g: String(hour) });
      await world.pass(SWEEP_MS + 10_000);
    }
    expect(await read(world, ["g"], EVENTUAL)).toBe("10 at 11");
    await world.rest();
    const { fed } = world;
    // What is written now no replica hears of, and none asks: it has to be read, or its leader has to ask.
    g.put({ g: "unheard" });
    await world.pass(100 * SWEEP_MS);
    expect(world.fed).toBe(fed);
    expect(await read(world, ["g"], EVENTUAL)).toBe("10 at 11");
  });

  it("asks no more leaders in an hour than it may, however many there are", async () => {
    const world = new World();
    world.regions = [WEUR];
    const batch = Array.from({ length: 2_500 }, (_, at) => {
      world.group(`g${at}`).put({ [`g${at}`]: "1" });
      return world.group(`g${at}`).fanOut(1);
    });
    await world.apply(WEUR, ...batch);
    await world.pass(SWEEP_MS / 2 - (world.timeline.now % SWEEP_MS));
    const perHour = [world.fed.length];
    for (let hour = 0; hour < 5; hour++) {
      const before = world.fed.length;
      await world.pass(SWEEP_MS);
      perHour.push(world.fed.length - before);
    }
    expect(perHour.filter((count) => count > 0)).toEqual([1_000, 1_000, 500]);
    expect(world.replica(WEUR).alarm).toBeNull();
  });

  it("asks nobody about a copy that is proven current, and writes two rows a step", async () => {
    const world = await filled();
    const [g, h] = [world.group("g"), world.group("h")];
    g.put({ g: "one" });
    h.put({ h: "one" });
    const weur = world.replica(WEUR);
    await world.apply(WEUR, g.fanOut(1), h.fanOut(1));
    for (const at of [WNAM, ENAM]) world.replica(at).down = true;
    const { rows } = weur;
    await world.pass(SWEEP_MS + 30_000);
    // Two rounds that came to nothing, each a step; alarms are counted apart.
    expect(world.fed.map(({ group }) => group).sort()).toEqual(["g", "h"]);
    expect(weur.rows - rows).toBe(3);
  });

  it("comes back for a group whose leader was not found", async () => {
    const world = await filled();
    const g = world.group("g");
    g.put({ g: "one" });
    await world.apply(WEUR, g.fanOut(1));
    g.put({ g: "two" });
    world.leaderless = true;
    await world.pass(12 * SWEEP_MS);
    world.leaderless = false;
    await world.rest();
    for (const { alarm } of world.replicas) expect(alarm).toBeNull();
    expect(await read(world, ["g"], EVENTUAL)).toBe("two at 2");
  });

  it("goes on where it was when its life ends", async () => {
    const world = await filled();
    const names = Array.from({ length: 500 }, (_, at) => `g${at}`);
    const batch = names.map((name) => {
      world.group(name).put({ [name]: "1" });
      return world.group(name).fanOut(1);
    });
    await world.apply(WEUR, ...batch);
    for (const name of names) world.group(name).put({ [name]: "2" });
    const weur = world.replica(WEUR);
    await world.pass(SWEEP_MS - 100);
    for (let crash = 0; crash < 30; crash++) {
      await world.pass(80);
      weur.crash();
    }
    await world.rest();
    for (const name of names) expect(await read(world, [name], EVENTUAL)).toBe("2 at 2");
  });
});
