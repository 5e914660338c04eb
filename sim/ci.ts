/**
 * `npm run sim:ci`: the seeds that every change must pass, in under three minutes on two cores.
 *
 * 2,000 seeds of the whole service, most of them with three members a group as the default namespace has; 900 of
 * transactions over one to six groups; 300 of replicas, read at every level; 350 of locks and as many of watches; and many
 * short schedules of one group's protocol beside them.
 */
import type { Batch } from "./batch/batch.ts";
import { runBatches } from "./batch/pool.ts";
import { Tally } from "./batch/tally.ts";
import { UNEVEN_FROM } from "./stage.ts";

const THREADS = 2;

const PLAN: readonly (Batch & { readonly seeds: number })[] = [
  { world: "service", members: 1, from: 1, count: 50, seeds: 800 },
  { world: "service", members: 3, from: 1, count: 25, seeds: 500 },
  { world: "service", members: 3, from: UNEVEN_FROM, count: 25, seeds: 400 },
  { world: "service", members: 5, from: 1, count: 10, seeds: 100 },
  { world: "service", members: 5, from: UNEVEN_FROM, count: 10, seeds: 200 },
  { world: "transactions", members: 1, from: 1, count: 50, seeds: 500 },
  { world: "transactions", members: 3, from: 1, count: 20, seeds: 200 },
  { world: "transactions", members: 3, from: UNEVEN_FROM, count: 20, seeds: 200 },
  { world: "replicas", members: 1, from: 1, count: 25, seeds: 150 },
  { world: "replicas", members: 3, from: 1, count: 15, seeds: 90 },
  { world: "replicas", members: 3, from: UNEVEN_FROM, count: 15, seeds: 60 },
  { world: "locks", members: 1, from: 1, count: 25, seeds: 150 },
  { world: "locks", members: 3, from: 1, count: 20, seeds: 120 },
  { world: "locks", members: 3, from: UNEVEN_FROM, count: 20, seeds: 80 },
  { world: "watch", members: 1, from: 1, count: 25, seeds: 150 },
  { world: "watch", members: 3, from: 1, count: 20, seeds: 120 },
  { world: "watch", members: 3, from: UNEVEN_FROM, count: 20, seeds: 80 },
  { world: "group", members: 3, from: 1, count: 1_000, seeds: 15_000 },
  { world: "group", members: 5, from: 1, count: 500, seeds: 5_000 },
];

const batches = PLAN.flatMap(({ seeds, from, ...batch }) =>
  Array.from({ length: seeds / batch.count }, (_, at) => ({
    ...batch,
    from: from + at * batch.count,
  })),
);

const tally = new Tally();
await runBatches(
  THREADS,
  () => batches.pop() ?? null,
  (result) => tally.add(result),
);
tally.print();
if (tally.broken > 0) process.exitCode = 1;
