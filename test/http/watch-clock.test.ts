/**
 * What a watch does by the clock: signs of life, positions that move without an event, and looking whether anybody is there.
 * It lasts as long as these take, all of them side by side.
 */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { afterAll, describe, it, vi } from "vitest";
import { memberName } from "../../shared/group.ts";
import { region } from "../../shared/types.ts";
import { WATCH_CHECK_MS, WATCH_KEEP_ALIVE_MS, WATCH_TICK_MS } from "../../shared/watch/limits.ts";
import { mustPut } from "./groups-client.ts";
import { env, freshNamespace } from "./service.ts";
import { closeAll, watch, watchSocket } from "./watch-client.ts";

afterAll(closeAll);

const PATIENCE = { timeout: 90_000 };
const soon = { timeout: WATCH_CHECK_MS + 3 * WATCH_TICK_MS, interval: 200 };

describe.concurrent("a watch", PATIENCE, () => {
  it("shows that it is alive, and where it is", async ({ expect }) => {
    const ns = await freshNamespace();
    const beganAt = Date.now();
    const stream = await watch(ns, "key=a/{g}");
    const socket = await watchSocket(ns, "key=a/{g}");
    const next = stream.next();
    // Other keys of the group change: a client that comes back need not go through all that.
    for (const value of ["1", "2", "3"]) await mustPut(ns, "b/{g}", value);
    await vi.waitFor(() => expect(stream.comments).toEqual(["watching", "keep-alive"]), soon);
    expect(Date.now() - beganAt).toBeGreaterThan(WATCH_KEEP_ALIVE_MS - WATCH_TICK_MS);
    expect(stream.lastId).toBe("0");
    await vi.waitFor(() => expect(stream.lastId).toBe("3"), soon);
    await mustPut(ns, "a/{g}", "x");
    expect((await next)?.id).toBe("4");
    expect(await socket.take(2)).toEqual([
      { id: "3", event: "position", data: {} },
      { id: "4", event: "put", data: expect.anything() },
    ]);
  });

  it("wakes its object only to ask whether it leads, and not for a sign of life", async ({
    expect,
  }) => {
    const ns = await freshNamespace();
    const stream = await watch(ns, "key=k");
    const beganAt = Date.now();
    const member = env.MEMBER.getByName(memberName(ns, region("weur"), "k"));
    await evictDurableObject(member);
    // Only an object that runs can be evicted.
    await vi.waitFor(() => evictDurableObject(member), soon);
    expect(Date.now() - beganAt).toBeGreaterThan(WATCH_CHECK_MS - WATCH_TICK_MS);
    await mustPut(ns, "k", "v");
    expect((await stream.next())?.data.value).toBe("v");
  });

  it("ends at its object when its client has left", async ({ expect }) => {
    const ns = await freshNamespace();
    const stream = await watch(ns, "key=k");
    const socket = await watchSocket(ns, "key=k");
    await mustPut(ns, "k", "v");
    await stream.next();
    await stream.close();
    await socket.close();
    const member = env.MEMBER.getByName(memberName(ns, region("weur"), "k"));
    await vi.waitFor(async () => {
      const open = await runInDurableObject(member, (_, state) => state.getWebSockets().length);
      expect(open).toBe(0);
    }, soon);
  });
});
