/**
 * `npm run sim:group -- --seed N [--members M] [--mistake NAME]` replays one schedule and prints it;
 * `npm run sim:group -- --mistakes` hunts for every mistake planted in groups.
 */
import { parseArgs } from "node:util";
import { plant } from "../../shared/planted.ts";
import { huntInGroups, STATED_OF_GROUPS } from "../mistakes-of-groups.ts";
import { runGroupSeed } from "./run.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    members: { type: "string", default: "3" },
    mistake: { type: "string" },
    mistakes: { type: "boolean", default: false },
  },
});

if (values.mistakes) huntAll();
else replay(Number(values.seed ?? 1), Number(values.members));

function replay(seed: number, members: number): void {
  const known = STATED_OF_GROUPS.find(({ mistake }) => mistake === values.mistake);
  if (values.mistake !== undefined && known === undefined) {
    console.error(`no mistake is called "${values.mistake}"`);
    process.exit(2);
  }
  plant(known?.mistake ?? null);
  const { finding } = runGroupSeed(seed, members, console.log);
  console.log(finding === null ? "every invariant holds" : finding.detail);
  if (finding !== null) process.exitCode = 1;
}

function huntAll(): void {
  for (const stated of STATED_OF_GROUPS) {
    const found = huntInGroups(stated);
    const verdict = found
      ? `seed ${found.seed}: ${found.finding?.property}`
      : `not found in ${stated.seedsMax} seeds`;
    console.log(`${stated.mistake.padEnd(34)} ${verdict}`);
    if (found === null) process.exitCode = 1;
  }
}
