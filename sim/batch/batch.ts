/** Seeds in batches: enough to keep a thread busy, and little enough to stop soon. */
import { runGroupSeed } from "../group/run.ts";
import type { Finding } from "../outcome.ts";
import { runSeed } from "../run.ts";

export interface Batch {
  /** The whole service on real databases, by what its clients do, or one group's protocol message by message. */
  readonly world: "service" | "transactions" | "replicas" | "locks" | "watch" | "group";
  readonly members: number;
  readonly from: number;
  readonly count: number;
}

export interface BatchResult {
  readonly batch: Batch;
  readonly broken: readonly { readonly seed: number; readonly findings: readonly Finding[] }[];
}

export async function runBatch(batch: Batch): Promise<BatchResult> {
  const { from, count } = batch;
  const broken: { seed: number; findings: readonly Finding[] }[] = [];
  for (let seed = from; seed < from + count; seed++) {
    const findings = await findingsOf(batch, seed);
    if (findings.length > 0) broken.push({ seed, findings });
  }
  return { batch, broken };
}

async function findingsOf({ world, members }: Batch, seed: number): Promise<readonly Finding[]> {
  if (world === "group") {
    const { finding } = runGroupSeed(seed, members);
    return finding === null ? [] : [finding];
  }
  const play = world === "service" ? "keys" : world;
  return (await runSeed(seed, { play, members })).findings;
}
