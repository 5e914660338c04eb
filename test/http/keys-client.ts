/** Keys as a client uses them, each test with names of its own. */
import { expect } from "vitest";
import { type Call, call } from "./service.ts";

let names = 0;

/** A tag that no other test of the file uses, and so a group that nobody has used. */
export const freshTag = (): string => `t${++names}-${crypto.randomUUID().slice(0, 8)}`;

/** A key in a group of its own. */
export const freshKey = (): string => `key/${freshTag()}`;

/** The path of a key: everything but slashes is encoded. */
export const pathOf = (key: string, query = ""): string =>
  `/v1/default/keys/${key.split("/").map(encodeURIComponent).join("/")}${query}`;

export const get = (key: string, about: Call & { query?: string } = {}): Promise<Response> =>
  call("GET", pathOf(key, about.query), about);

export const head = (key: string, about: Call & { query?: string } = {}): Promise<Response> =>
  call("HEAD", pathOf(key, about.query), about);

export const put = (
  key: string,
  body: string | Uint8Array | ReadableStream,
  about: Call & { query?: string } = {},
): Promise<Response> => call("PUT", pathOf(key, about.query), { ...about, body });

export const del = (key: string, about: Call & { query?: string } = {}): Promise<Response> =>
  call("DELETE", pathOf(key, about.query), about);

/** Lists with these parameters. */
export const list = (
  parameters: Readonly<Record<string, string>>,
  about: Call = {},
): Promise<Response> => call("GET", `/v1/default/keys?${new URLSearchParams(parameters)}`, about);

export interface Page {
  readonly keys: { readonly key: string; readonly revision: number }[];
  readonly cursor: string | null;
}

export async function page(parameters: Readonly<Record<string, string>>): Promise<Page> {
  const answer = await list(parameters);
  expect(answer.status).toBe(200);
  return answer.json();
}

export interface Written {
  readonly key: string;
  readonly revision: number;
  readonly created?: boolean;
  readonly deleted?: boolean;
}

/** Puts a value that must be taken, and gives the answer's body. */
export async function mustPut(key: string, body = "value", about: Call = {}): Promise<Written> {
  const answer = await put(key, body, about);
  expect(answer.ok, `put ${key}`).toBe(true);
  return answer.json();
}

/** Checks the receipt every read and write of keys carries. */
export function expectReceipt(answer: Response, revision: number | null): void {
  const of = (name: string) => answer.headers.get(name);
  if (revision !== null) expect(of("Holdfast-Revision")).toBe(String(revision));
  expect(of("Holdfast-Revision")).toMatch(/^\d+$/);
  expect(of("Holdfast-Consistency")).toBe("strong");
  expect(of("Holdfast-Region")).toMatch(/^[a-z]+$/);
  expect(of("Holdfast-Term")).toMatch(/^\d+\.\d+$/);
  expect(of("Holdfast-Staleness-Ms")).toBe("0");
  expect(of("Holdfast-Bookmark")).toMatch(/^[0-9a-z.~-]+$/);
  expect(of("Holdfast-Cost")).toMatch(/^calls=\d+, rows=\d+$/);
  expect(of("Server-Timing")).toMatch(/^leader;dur=\d+$/);
}
