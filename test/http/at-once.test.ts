/** The shortest way of a read at `eventual` gives the answer that the long one gives, each time with an age and an id of its own. */
import { afterEach, expect, it, vi } from "vitest";
import { put, read, replicated, replicatedThrough } from "./replicas-client.ts";

afterEach(() => {
  vi.useRealTimers();
});

/** Its words are the same, but a deadline is more than the shortest way looks at. */
const theLongWay = { headers: { "Holdfast-Deadline-Ms": "5000" } };

interface Told {
  readonly id: string;
  readonly stalenessMs: string | null;
  readonly others: readonly [string, string][];
  readonly body: string;
}

async function told(answer: Response): Promise<Told> {
  expect(answer.status).toBe(200);
  const headers = new Map(answer.headers);
  const id = headers.get("holdfast-request-id") ?? "";
  const stalenessMs = headers.get("holdfast-staleness-ms") ?? null;
  headers.delete("holdfast-request-id");
  headers.delete("holdfast-staleness-ms");
  return { id, stalenessMs, others: [...headers].sort(), body: await answer.text() };
}

/** A key that this isolate remembers, and whose URL it knows. */
async function remembered(level: string): Promise<string> {
  const ns = await replicated();
  await put(ns, "a", "one", { headers: { "Content-Type": "text/plain" } });
  await replicatedThrough(ns, "a", 1);
  await told(await read(ns, "a", level));
  await told(await read(ns, "a", "eventual"));
  return ns;
}

it("is the same to the last header, whichever way it takes", async () => {
  for (const level of ["eventual", "bounded&max_staleness_ms=60000"]) {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
    const ns = await remembered(level);
    const short = await told(await read(ns, "a", "eventual"));
    const long = await told(await read(ns, "a", "eventual", theLongWay));
    const again = await told(await read(ns, "a", "eventual"));
    expect(short.others).toContainEqual(["server-timing", "memory;dur=0"]);
    expect(long).toEqual({ ...short, id: long.id });
    expect(again).toEqual({ ...short, id: again.id });
    expect(new Set([short.id, long.id, again.id]).size).toBe(3);
    vi.useRealTimers();
  }
});

it("tells an age that grows, each answer its own", async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
  const ns = await remembered("bounded&max_staleness_ms=60000");
  const early = await read(ns, "a", "eventual");
  vi.setSystemTime(Date.now() + 90);
  const late = await read(ns, "a", "eventual");
  const [first, second] = [await told(early), await told(late)];
  // The clock may be slow by a tenth: 90 ms of it are 100 at most.
  expect(Number(second.stalenessMs)).toBe(Number(first.stalenessMs) + 100);
  expect(second).toEqual({ ...first, id: second.id, stalenessMs: second.stalenessMs });
});
