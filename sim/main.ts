/**
 * `npm run sim -- --seed N [--trace]` replays one seed; `npm run sim -- --seeds N [--from K]` runs many.
 *
 * Exits with 1 where a property is broken, and says which, at which seed.
 */
import { parseArgs } from "node:util";
import type { Mistake } from "../shared/planted.ts";
import { plant } from "../shared/planted.ts";
import { hunt, STATED } from "./mistakes.ts";
import { STATED_OF_LOCKS } from "./mistakes-of-locks.ts";
import { STATED_OF_REPLICAS } from "./mistakes-of-replicas.ts";
import { STATED_OF_TRANSACTIONS } from "./mistakes-of-transactions.ts";
import { STATED_OF_WATCH } from "./mistakes-of-watch.ts";
import { PLAYS, type Play, runSeed, type SeedResult } from "./run.ts";
import { runSeeds } from "./threads.ts";

const ALL_STATED = [
  ...STATED,
  ...STATED_OF_TRANSACTIONS,
  ...STATED_OF_REPLICAS,
  ...STATED_OF_LOCKS,
  ...STATED_OF_WATCH,
];

const USAGE = `npm run sim -- [--seed N [--trace]] [--seeds N] [--from K] [options]

  --seed N       replay one seed
  --trace        with --seed: print what happens
  --seeds N      run N seeds (1000)
  --from K       the first of them (1)
  --play P       what clients do: keys, transactions, replicas, locks or watch (keys)
  --members M    members of each group: 1, 3 or 5 (1)
  --threads T    how many run at once (2)
  --mistakes     hunt for every known mistake that the play shows
  --mistake NAME plant a known mistake; one of
                 ${[...new Set(ALL_STATED.map(({ mistake }) => mistake))].join("\n                 ")}`;

/** Findings printed in full; of the others only the seed. */
const SHOWN_MAX = 3;

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    trace: { type: "boolean", default: false },
    seeds: { type: "string", default: "1000" },
    from: { type: "string", default: "1" },
    play: { type: "string", default: "keys" },
    members: { type: "string", default: "1" },
    threads: { type: "string", default: "2" },
    mistake: { type: "string" },
    mistakes: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

const members = number("members", values.members);
const play = playNamed(values.play);
const mistake = mistakeNamed(values.mistake);
if (values.help) console.log(USAGE);
else if (values.mistakes) await huntAll();
else if (values.seed !== undefined) await replay(number("seed", values.seed));
else await runMany(number("from", values.from), number("seeds", values.seeds));

async function replay(seed: number): Promise<void> {
  plant(mistake);
  const options = values.trace ? { play, members, print: console.log } : { play, members };
  const result = await runSeed(seed, options);
  console.log(`seed ${seed}: ${result.operations} operations, trace ${result.hash}`);
  for (const { property, detail } of result.findings) console.log(`  ${property}: ${detail}`);
  if (result.findings.length === 0) console.log("  every property holds");
  else process.exitCode = 1;
}

async function huntAll(): Promise<void> {
  for (const stated of ALL_STATED.filter((one) => one.play === play)) {
    const found = await hunt(stated);
    const { mistake, from, seedsMax } = stated;
    const properties = new Set(found?.findings.map(({ property }) => property));
    const verdict = found
      ? `seed ${found.seed}: ${[...properties].join(", ")}`
      : `not found in ${seedsMax} seeds from ${from}`;
    console.log(`${mistake.padEnd(34)} ${verdict}`);
    if (found === null) process.exitCode = 1;
  }
}

async function runMany(from: number, count: number): Promise<void> {
  const threads = number("threads", values.threads);
  const broken: SeedResult[] = [];
  let operations = 0;
  const start = performance.now();
  await runSeeds({ from, count, threads, play, members, mistake }, (result) => {
    operations += result.operations;
    if (result.findings.length > 0) broken.push(result);
  });
  const seconds = (performance.now() - start) / 1_000;
  broken.sort((a, b) => a.seed - b.seed);
  for (const { seed, findings } of broken.slice(0, SHOWN_MAX)) {
    console.log(`seed ${seed}`);
    for (const { property, detail } of findings) console.log(`  ${property}: ${detail}`);
  }
  const rest = broken.slice(SHOWN_MAX).map(({ seed }) => seed);
  if (rest.length > 0) console.log(`also seeds ${rest.join(", ")}`);
  console.log(
    `${play}: ${count} seeds from ${from}, ${members} member${members === 1 ? "" : "s"} a group: ` +
      `${operations} operations in ${seconds.toFixed(1)} s (${(count / seconds).toFixed(0)} seeds/s); ` +
      (broken.length === 0 ? "every property holds" : `${broken.length} seeds break a property`),
  );
  if (broken.length > 0) process.exitCode = 1;
}

function number(name: string, value: string): number {
  const parsed = Number(value);
  if (!Number.isSafeInteger(parsed) || parsed < 0)
    usage(`--${name} wants a number, not "${value}"`);
  return parsed;
}

function playNamed(name: string): Play {
  return PLAYS.find((one) => one === name) ?? usage(`no play is called "${name}"`);
}

function mistakeNamed(name: string | undefined): Mistake | null {
  if (name === undefined) return null;
  const known = ALL_STATED.find((one) => one.mistake === name);
  return known === undefined ? usage(`no mistake is called "${name}"`) : known.mistake;
}

function usage(fault: string): never {
  console.error(`${fault}\n\n${USAGE}`);
  process.exit(2);
}
