/** Locks while their leader's region fails, and while leadership is handed over. */
import { afterEach, describe, expect, it } from "vitest";
import { groupOf, handOver, healRegions, setRegion, threeRegions } from "./groups-client.ts";
import { granted, type Held } from "./locks-client.ts";
import { call, expectProblem } from "./service.ts";

afterEach(healRegions);

const TTL_MS = 1_000;

const ask = (ns: string, body: unknown): Promise<Response> =>
  call("POST", `/v1/${ns}/locks/a`, { body });

const hold = (ns: string, holder: string, waitMs = 0): Promise<Held> =>
  granted(ask(ns, { holder, ttlMs: TTL_MS, waitMs }));

describe("with the leader's region down", () => {
  it("the next leader counts a lock's time anew, and grants it under a higher token", async () => {
    const ns = await threeRegions();
    const lock = await hold(ns, "w1");
    await setRegion("wnam", "down");
    const next = await granted(ask(ns, { holder: "w2", ttlMs: 60_000, waitMs: 15_000 }));
    expect(next.token).toBeGreaterThan(lock.token);
    const { leader } = await groupOf(ns, "a");
    expect(leader).not.toBe("wnam");
    await expectProblem(await ask(ns, { holder: "w3" }), "lock-held");
  });

  it("the holder renews at the next leader, under the same token", async () => {
    const ns = await threeRegions();
    const lock = await hold(ns, "w1");
    await setRegion("wnam", "down");
    const renewed = await call("PUT", `/v1/${ns}/locks/a`, {
      body: { token: lock.token, ttlMs: 60_000 },
    });
    expect(await granted(Promise.resolve(renewed))).toMatchObject({ token: lock.token });
    await expectProblem(await ask(ns, { holder: "w2" }), "lock-held");
  });
});

describe("a hand-over", () => {
  it("takes whoever waits along", async () => {
    const ns = await threeRegions();
    const lock = await granted(ask(ns, { holder: "w1", ttlMs: 60_000 }));
    const waiter = hold(ns, "w2", 15_000);
    await handOver(ns, "a", "weur");
    await granted(call("DELETE", `/v1/${ns}/locks/a?token=${lock.token}`));
    expect(await waiter).toMatchObject({ holder: "w2" });
    expect((await groupOf(ns, "a")).leader).toBe("weur");
  });
});
