/** Locks and elections as a client uses them. */
import { expect } from "vitest";
import { type Call, call } from "./service.ts";

export interface Held {
  readonly name: string;
  readonly holder?: string;
  readonly candidate?: string;
  readonly value?: unknown;
  readonly token: number;
  readonly expiresAt: string;
}

export type Resource = "locks" | "elections";

export const pathOf = (resource: Resource, name: string): string =>
  `/v1/default/${resource}/${name.split("/").map(encodeURIComponent).join("/")}`;

export const acquire = (name: string, body: unknown, about: Call = {}): Promise<Response> =>
  call("POST", pathOf("locks", name), { ...about, body });

export const renew = (name: string, body: unknown, about: Call = {}): Promise<Response> =>
  call("PUT", pathOf("locks", name), { ...about, body });

export const release = (name: string, token: number, about: Call = {}): Promise<Response> =>
  call("DELETE", `${pathOf("locks", name)}?token=${token}`, about);

export const show = (name: string, about: Call = {}): Promise<Response> =>
  call("GET", pathOf("locks", name), about);

export const elections = (
  method: "GET" | "POST" | "PUT" | "DELETE",
  name: string,
  about: Call & { readonly query?: string } = {},
): Promise<Response> => call(method, `${pathOf("elections", name)}${about.query ?? ""}`, about);

/** What must be granted. */
export async function granted(answer: Promise<Response>): Promise<Held> {
  const response = await answer;
  expect(response.status, await response.clone().text()).toBe(200);
  return response.json();
}
