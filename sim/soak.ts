/**
 * `npm run soak -- --minutes N [--from K] [--threads T]`: new seeds of every kind for as long as told.
 *
 * Exits with 1 where a property is broken, and says how to replay the seed.
 */
import { parseArgs } from "node:util";
import type { Batch } from "./batch/batch.ts";
import { runBatches } from "./batch/pool.ts";
import { Tally } from "./batch/tally.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    from: { type: "string", default: "1000000" },
    threads: { type: "string", default: "2" },
  },
});

/** Each takes about as long as the others. */
const KINDS: readonly Omit<Batch, "from">[] = [
  { world: "service", members: 3, count: 25 },
  { world: "group", members: 3, count: 1_500 },
  { world: "transactions", members: 3, count: 12 },
  { world: "transactions", members: 1, count: 40 },
  { world: "replicas", members: 3, count: 12 },
  { world: "replicas", members: 1, count: 30 },
  { world: "locks", members: 3, count: 20 },
  { world: "locks", members: 1, count: 40 },
  { world: "watch", members: 3, count: 15 },
  { world: "watch", members: 1, count: 40 },
  { world: "service", members: 5, count: 15 },
  { world: "group", members: 5, count: 800 },
  { world: "service", members: 1, count: 75 },
];

const end = performance.now() + number("minutes") * 60_000;
const from = KINDS.map(() => number("from"));
let turn = 0;

const tally = new Tally();
await runBatches(
  number("threads"),
  () => (performance.now() < end ? nextBatch() : null),
  (result) => tally.add(result),
);
tally.print();
if (tally.broken > 0) process.exitCode = 1;

function nextBatch(): Batch | null {
  const at = turn++ % KINDS.length;
  const kind = KINDS[at];
  const first = from[at];
  if (kind === undefined || first === undefined) return null;
  from[at] = first + kind.count;
  return { ...kind, from: first };
}

function number(name: keyof typeof values): number {
  const parsed = Number(values[name]);
  if (parsed > 0) return parsed;
  console.error(`--${name} wants a number above 0, not "${values[name]}"`);
  process.exit(2);
}
