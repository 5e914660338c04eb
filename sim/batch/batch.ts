/** Seeds in batches: enough to keep a thread busy, and little enough to stop soon. */
import { runGroupSeed } from "../group/run.ts";
import type { Finding } from "../outcome.ts";
import { runSeed } from "../run.ts";

export interface Batch {
  /** The whole service on real databases, or one group's protocol message by message. */
  readonly world: "service" | "group";
  readonly members: number;
  readonly from: number;
  readonly count: number;
}

export interface BatchResult {
  readonly batch: Batch;
  readonly broken: readonly { readonly seed: number; readonly findings: readonly Finding[] }[];
}

export async function runBatch(batch: Batch): Promise<BatchResult> {
  const { world, members, from, count } = batch;
  const broken: { seed: number; findings: readonly Finding[] }[] = [];
  for (let seed = from; seed < from + count; seed++) {
    let findings: readonly Finding[];
    if (world === "service") findings = (await runSeed(seed, { members })).findings;
    else {
      const { finding } = runGroupSeed(seed, members);
      findings = finding === null ? [] : [finding];
    }
    if (findings.length > 0) broken.push({ seed, findings });
  }
  return { batch, broken };
}
