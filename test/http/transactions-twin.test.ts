/** Transactions one after the other, against a twin that keeps its keys in a map. */
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { freshTag, get } from "./keys-client.ts";
import { expectProblem } from "./service.ts";
import { type Answer, statusOf, transact } from "./transactions-client.ts";

type Json = null | boolean | number | string | Json[];

/** What a key holds; `text` where it was put as text. */
interface Held {
  readonly json?: Json;
  readonly text?: string;
  /** As its transaction told it. */
  readonly revision: number;
}

type Condition = { readonly key: number } & (
  | { readonly exists: boolean }
  | { readonly atLeast: number }
  | { readonly equals: Json }
  | { readonly current: boolean }
);
type Step =
  | { readonly op: "put"; readonly key: number; readonly value: Json }
  | { readonly op: "text"; readonly key: number; readonly value: string }
  | { readonly op: "add"; readonly key: number; readonly by: number }
  | { readonly op: "append"; readonly key: number; readonly values: Json[] }
  | { readonly op: "delete" | "get"; readonly key: number };

const KEYS = 4;
const key = fc.nat(KEYS - 1);
const word = fc.constantFrom("open", "30", "");
const scalar: fc.Arbitrary<Json> = fc.oneof(
  fc.integer({ min: -40, max: 40 }),
  fc.constantFrom(null, true, 1.5, Number.MAX_SAFE_INTEGER),
  word,
);
const json: fc.Arbitrary<Json> = fc.oneof(scalar, fc.array(scalar, { maxLength: 2 }));

const condition: fc.Arbitrary<Condition> = fc.oneof(
  fc.record({ key, exists: fc.boolean() }),
  fc.record({ key, atLeast: fc.integer({ min: -40, max: 40 }) }),
  fc.record({ key, equals: json }),
  fc.record({ key, current: fc.boolean() }),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ op: fc.constant("put" as const), key, value: json }),
  fc.record({ op: fc.constant("text" as const), key, value: word }),
  fc.record({ op: fc.constant("add" as const), key, by: fc.integer({ min: -40, max: 40 }) }),
  fc.record({
    op: fc.constant("append" as const),
    key,
    values: fc.array(scalar, { maxLength: 2 }),
  }),
  fc.record({ op: fc.constantFrom("delete" as const, "get" as const), key }),
);
const isWrite = (one: Step, at: number, all: Step[]) =>
  one.op === "get" || all.findIndex((other) => other.op !== "get" && other.key === one.key) === at;
const transaction = fc
  .record({
    conditions: fc.array(condition, { maxLength: 2 }),
    steps: fc.array(step, { maxLength: 5 }).map((steps) => steps.filter(isWrite)),
    otherwise: fc.array(key, { maxLength: 2 }),
  })
  .filter(
    ({ conditions, steps, otherwise }) => conditions.length + steps.length + otherwise.length > 0,
  );

type MaybeHeld = Held | undefined;

function holds(condition: Condition, held: MaybeHeld): boolean {
  if ("exists" in condition) return (held !== undefined) === condition.exists;
  if ("current" in condition) return condition.current && held !== undefined;
  if ("atLeast" in condition)
    return typeof held?.json === "number" && held.json >= condition.atLeast;
  if (held === undefined) return false;
  if (held.text !== undefined) return held.text === condition.equals;
  return JSON.stringify(held.json) === JSON.stringify(condition.equals);
}

/** What the step makes of a key; `fault` where it cannot run. */
function run(step: Step, held: MaybeHeld): Omit<Held, "revision"> | undefined | "fault" {
  switch (step.op) {
    case "put":
      return { json: step.value };
    case "text":
      return { text: step.value };
    case "delete":
      return undefined;
    case "get":
      return held;
    case "add": {
      const before = held === undefined ? 0 : held.json;
      const after = Number(before) + step.by;
      return Number.isSafeInteger(before) && Number.isSafeInteger(after)
        ? { json: after }
        : "fault";
    }
    case "append": {
      const before = held === undefined ? [] : held.json;
      return Array.isArray(before) ? { json: [...before, ...step.values] } : "fault";
    }
  }
}

interface Ran {
  readonly op: Step["op"];
  readonly key: number;
  readonly after: Omit<Held, "revision"> | undefined;
}

/** Each step, seeing what those before it did. */
function runAll(steps: readonly Step[], twin: ReadonlyMap<number, Held>): Ran[] | "fault" {
  const held = new Map(twin);
  const ran: Ran[] = [];
  for (const step of steps) {
    const after = run(step, held.get(step.key));
    if (after === "fault") return "fault";
    ran.push({ op: step.op, key: step.key, after });
    if (after === undefined) held.delete(step.key);
    else held.set(step.key, { revision: 0, ...after });
  }
  return ran;
}

const contentOf = (held: Omit<Held, "revision"> | undefined): unknown => held?.text ?? held?.json;

it.each([
  ["in one group", (tag: string) => (at: number) => `${at}/{${tag}}`],
  ["in a group each", (tag: string) => (at: number) => `${at}/${tag}`],
  ["in two groups", (tag: string) => (at: number) => `${at}/{${tag}-${at % 2}}`],
])(
  "keys %s hold what the twin's do, and every answer is the twin's",
  async (_, layout) => {
    await fc.assert(
      fc.asyncProperty(fc.array(transaction, { minLength: 1, maxLength: 12 }), async (all) => {
        const nameOf = layout(freshTag());
        let twin = new Map<number, Held>();
        for (const { conditions, steps, otherwise } of all) {
          const body = {
            if: conditions.map((one) => {
              const name = nameOf(one.key);
              if (!("current" in one)) return { ...one, key: name };
              const now = twin.get(one.key)?.revision ?? 1;
              return { key: name, revision: one.current ? now : now + 1_000 };
            }),
            then: steps.map((one) => {
              const name = { key: nameOf(one.key) };
              return one.op === "text"
                ? { op: "put", ...name, value: one.value, encoding: "text" }
                : { ...one, ...name };
            }),
            else: otherwise.map((at) => ({ op: "get", key: nameOf(at) })),
          };
          const answer = await transact(body);
          const failing = conditions.flatMap((one, at) =>
            holds(one, twin.get(one.key)) ? [] : [at],
          );
          if (failing.length > 0) {
            const told = await answer.json<Answer>();
            expect(told.failed).toEqual(
              failing.map((at) => {
                const failed = conditions[at]!.key;
                const revision = twin.get(failed)?.revision ?? null;
                return { condition: at, key: nameOf(failed), revision };
              }),
            );
            expect(told.results.map(({ revision, value }) => [revision, value])).toEqual(
              otherwise.map((at) => [twin.get(at)?.revision ?? null, contentOf(twin.get(at))]),
            );
            continue;
          }
          const ran = runAll(steps, twin);
          if (ran === "fault") {
            await expectProblem(answer, "bad-request");
            continue;
          }
          const told = await answer.json<Answer>();
          const next = new Map(twin);
          expect(told.results).toHaveLength(steps.length);
          for (const [at, { op, key, after }] of ran.entries()) {
            const result = told.results[at]!;
            const before = next.get(key);
            const tells = op === "get" || op === "add" || op === "append";
            expect(result).toMatchObject({ op: op === "text" ? "put" : op, key: nameOf(key) });
            expect(result.value).toEqual(tells ? contentOf(after) : undefined);
            if (op === "get") expect(result.revision).toBe(before?.revision ?? null);
            else if (before === undefined && op === "delete") expect(result.revision).toBeNull();
            else expect(result.revision).toBeGreaterThan(before?.revision ?? 0);
            if (after === undefined) next.delete(key);
            else next.set(key, { ...after, revision: result.revision! });
          }
          if (steps.some(({ op }) => op !== "get")) {
            const { status, results } = await statusOf(told.id);
            expect([status, results]).toEqual(["committed", told.results]);
          }
          twin = next;
        }
        for (let at = 0; at < KEYS; at++) {
          const answer = await get(nameOf(at));
          const held = twin.get(at);
          expect(answer.status).toBe(held === undefined ? 404 : 200);
          const body = await answer.text();
          if (held === undefined) continue;
          expect(answer.headers.get("ETag")).toBe(`"${held.revision}"`);
          expect(body).toBe(held.text ?? JSON.stringify(held.json));
        }
      }),
      { numRuns: 25 },
    );
  },
  60_000,
);
