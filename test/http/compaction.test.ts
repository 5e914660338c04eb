/** Superseded revisions stay readable for as long as the namespace says, and are then told to be gone. */
import { afterEach, expect, it, vi } from "vitest";
import { HISTORY_MS_MIN } from "../../shared/limits.ts";
import { call, expectProblem, freshName } from "./service.ts";

afterEach(() => {
  vi.useRealTimers();
});

it("a revision older than the history window is a 410", async () => {
  const namespace = freshName();
  await call("PUT", `/v1/${namespace}`, { body: { regions: ["weur"], historyMs: HISTORY_MS_MIN } });
  const path = `/v1/${namespace}/keys/a`;
  const put = async (body: string) =>
    expect((await call("PUT", path, { body })).ok, body).toBe(true);
  await put("first");
  await put("second");
  expect(await (await call("GET", `${path}?revision=1`)).text()).toBe("first");

  const now = Date.now();
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.setSystemTime(now + 2 * HISTORY_MS_MIN);
  // Compaction rides on writes.
  await put("third");
  await put("fourth");
  await expectProblem(await call("GET", `${path}?revision=1`), "revision-compacted");
  expect(await (await call("GET", path)).text()).toBe("fourth");
});
