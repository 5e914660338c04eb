/** Reads at their levels, as a client sees them. */
import { expect, vi } from "vitest";
import { type Call, call, freshName } from "./service.ts";

/** Creates a namespace led from weur with a replica there and one in apac, and gives its name. */
export async function replicated(replicaRegions = ["weur", "apac"]): Promise<string> {
  const name = freshName();
  const body = { regions: ["weur"], replicaRegions };
  expect((await call("PUT", `/v1/${name}`, { body })).status).toBe(201);
  return name;
}

export const keyPath = (ns: string, key: string, query = ""): string =>
  `/v1/${ns}/keys/${key.split("/").map(encodeURIComponent).join("/")}${query}`;

export const read = (ns: string, key: string, level: string, about: Call = {}): Promise<Response> =>
  call("GET", keyPath(ns, key, `?consistency=${level}`), about);

/** Puts a value that must be taken, and gives the bookmark. */
export async function put(
  ns: string,
  key: string,
  body: string,
  about: Call = {},
): Promise<string> {
  const answer = await call("PUT", keyPath(ns, key), { ...about, body });
  expect(answer.ok, `put ${key}`).toBe(true);
  await answer.body?.cancel();
  return answer.headers.get("Holdfast-Bookmark") ?? "";
}

export const seen = (bookmark: string) => ({ headers: { "Holdfast-Bookmark": bookmark } });
export const from = (region: string) => ({ headers: { "Holdfast-From-Region": region } });

/** What an answer says of itself. */
export const receiptOf = ({ headers }: Response) => ({
  level: headers.get("Holdfast-Consistency"),
  region: headers.get("Holdfast-Region"),
  revision: headers.get("Holdfast-Revision"),
  term: headers.get("Holdfast-Term"),
  stalenessMs: headers.get("Holdfast-Staleness-Ms"),
  cost: headers.get("Holdfast-Cost"),
  timing: headers.get("Server-Timing"),
});

/** Repeats the look until it passes: the queue delivers within a second or two. */
export const eventually = <T>(look: () => Promise<T>): Promise<T> =>
  vi.waitFor(look, { timeout: 12_000, interval: 50 });

interface Shown {
  readonly index: number;
  readonly lagMs: number;
  readonly region: string;
}

/** Waits until all replicas have a group through this index. */
export const replicatedThrough = (ns: string, group: string, index: number): Promise<void> =>
  eventually(async () => {
    const answer = await call("GET", `/v1/${ns}/groups/${encodeURIComponent(group)}`);
    const { replicas } = await answer.json<{ replicas: Shown[] }>();
    expect(replicas.length).toBeGreaterThan(0);
    for (const shown of replicas) expect(shown).toMatchObject({ index, lagMs: 0 });
  });
