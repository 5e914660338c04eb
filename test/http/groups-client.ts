/** Groups of three members as operators and clients see them, and regions that fail on demand. */
import { expect } from "vitest";
import { type Call, call, freshName } from "./service.ts";

export const REGIONS = ["wnam", "enam", "weur"] as const;
export type Member = (typeof REGIONS)[number];

export interface Group {
  readonly group: string;
  readonly term: string;
  readonly leader: string;
  readonly leaseMs: number;
  readonly members: {
    readonly region: string;
    readonly role: string;
    readonly lastIndex: number;
    readonly commitIndex: number;
    readonly reachable: boolean;
  }[];
  readonly replicas: {
    readonly region: string;
    readonly index: number;
    readonly lagMs: number;
  }[];
  readonly inDoubt: unknown[];
}

/** Creates a namespace of three regions, led by the first, and gives its name. */
export async function threeRegions(): Promise<string> {
  const name = freshName();
  const created = await call("PUT", `/v1/${name}`, { body: { regions: REGIONS } });
  expect(created.status).toBe(201);
  return name;
}

const encoded = (text: string): string => text.split("/").map(encodeURIComponent).join("/");

export const groupPath = (ns: string, group: string): string =>
  `/v1/${ns}/groups/${encoded(group)}`;

export const describeGroup = (ns: string, group: string, about: Call = {}): Promise<Response> =>
  call("GET", groupPath(ns, group), about);

/** How a group stands, which must be told. */
export async function groupOf(ns: string, group: string): Promise<Group> {
  const answer = await describeGroup(ns, group);
  expect(answer.status, `describe ${group}`).toBe(200);
  return answer.json();
}

export const handOver = (
  ns: string,
  group: string,
  region: string,
  about: Call = {},
): Promise<Response> =>
  call("POST", `${groupPath(ns, group)}/leader`, { body: { region }, ...about });

const keyPath = (ns: string, key: string): string => `/v1/${ns}/keys/${encoded(key)}`;

export const putKey = (
  ns: string,
  key: string,
  body: string,
  headers: Record<string, string> = {},
): Promise<Response> => call("PUT", keyPath(ns, key), { body, headers });

export const getKey = (
  ns: string,
  key: string,
  headers: Record<string, string> = {},
): Promise<Response> => call("GET", keyPath(ns, key), { headers });

/** Puts a value that must be taken, and gives the term it was written in. */
export async function mustPut(ns: string, key: string, body: string): Promise<string> {
  const answer = await putKey(ns, key, body);
  expect(answer.ok, `put ${key}`).toBe(true);
  await answer.body?.cancel();
  return answer.headers.get("Holdfast-Term") ?? "";
}

/** Reads a value that must be there. */
export async function mustGet(ns: string, key: string): Promise<string> {
  const answer = await getKey(ns, key);
  expect(answer.status, `get ${key}`).toBe(200);
  return answer.text();
}

export const blockOf = (term: string): number => Number(term.split(".")[0]);

export async function setRegion(region: string, state: "up" | "down", delayMs = 0): Promise<void> {
  const answer = await call("PUT", `/dev/regions/${region}`, { body: { state, delayMs } });
  expect(answer.status).toBe(200);
  expect(await answer.json()).toEqual({ region, state, delayMs });
}

/** Makes every region well again. */
export async function healRegions(): Promise<void> {
  for (const region of REGIONS) await setRegion(region, "up");
}
