/** Transactions as a client sends them. */
import { expect } from "vitest";
import { type Call, call } from "./service.ts";

export interface Result {
  readonly op: string;
  readonly key: string;
  readonly revision: number | null;
  readonly value?: unknown;
  readonly encoding?: string;
  readonly contentType?: string;
}

export interface Answer {
  readonly id: string;
  readonly succeeded: boolean;
  readonly results: readonly Result[];
  readonly failed?: readonly {
    readonly condition: number;
    readonly key: string;
    readonly revision: number | null;
  }[];
  readonly bookmark: string;
  readonly trace?: readonly {
    readonly atMs: number;
    readonly event: string;
    readonly group: string;
  }[];
}

export interface Status {
  readonly id: string;
  readonly status: "committed" | "aborted" | "pending";
  readonly succeeded?: boolean;
  readonly results?: readonly Result[];
  readonly failed?: Answer["failed"];
  readonly reason?: { readonly code: string; readonly detail: string };
}

export interface In extends Call {
  /** The namespace; `default` where none is named. */
  readonly ns?: string;
}

export const transact = (body: unknown, { ns = "default", ...about }: In = {}): Promise<Response> =>
  call("POST", `/v1/${ns}/transactions`, { ...about, body });

/** A transaction that must be answered. */
export async function mustTransact(body: unknown, about: In = {}): Promise<Answer> {
  const answer = await transact(body, about);
  expect(answer.status, JSON.stringify(body)).toBe(200);
  return answer.json();
}

export const lookUp = (
  id: string,
  { ns = "default", query = "", ...about }: In & { readonly query?: string } = {},
): Promise<Response> =>
  call("GET", `/v1/${ns}/transactions/${encodeURIComponent(id)}${query}`, about);

/** How a transaction stands, which must be told. */
export async function statusOf(id: string, about: In & { query?: string } = {}): Promise<Status> {
  const answer = await lookUp(id, about);
  expect(answer.status, id).toBe(200);
  return answer.json();
}

/** What each of the keys holds, read together; null where it is absent. */
export async function valuesOf(keys: readonly string[], about: In = {}): Promise<unknown[]> {
  // A consistent read gives way to whoever writes: among many writers it may take a while.
  const then = keys.map((key) => ({ op: "get", key }));
  const { results } = await mustTransact({ then, deadlineMs: 30_000 }, about);
  return results.map((result) => (result.revision === null ? null : result.value));
}
