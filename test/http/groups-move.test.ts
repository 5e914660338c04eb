/** Leaders move to where their requests come from. */
import { expect, it, vi } from "vitest";
import { blockOf, getKey, groupOf, mustGet, mustPut, threeRegions } from "./groups-client.ts";

/** A little over what a leader counts before it decides. */
const REQUESTS = 140;

it("a leader hands over to the region that most requests come from, and nothing is lost", async () => {
  const ns = await threeRegions();
  await mustPut(ns, "key", "one");
  expect((await groupOf(ns, "key")).leader).toBe("wnam");
  for (let n = 0; n < REQUESTS; n++) {
    const answer = await getKey(ns, "key", { "Holdfast-From-Region": "weur" });
    expect(await answer.text()).toBe("one");
  }
  await vi.waitFor(async () => expect((await groupOf(ns, "key")).leader).toBe("weur"));
  expect(blockOf(await mustPut(ns, "key", "two"))).toBeGreaterThan(1);
  expect(await mustGet(ns, "key")).toBe("two");
});

it("a region that no hint names is refused", async () => {
  const ns = await threeRegions();
  const answer = await getKey(ns, "key", { "Holdfast-From-Region": "mars" });
  expect(answer.status).toBe(400);
});
