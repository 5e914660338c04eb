/** Running a transaction that only reads (shared/transaction/read-only.ts), by asking the groups' leaders. */
import { LIST_BYTES_MAX } from "../../../shared/limits.ts";
import { readOnly } from "../../../shared/transaction/read-only.ts";
import type { GroupPart, Seen, TraceEvent } from "../../../shared/transaction/request.ts";
import type { Whole } from "../../../shared/transaction/split.ts";
import type { Ms, Value } from "../../../shared/types.ts";
import { Problem } from "../../problem.ts";
import { pause } from "../../router/pause.ts";
import { exchange, type KeyContext } from "../keys/exchange.ts";
import type { Answered } from "../keys/receipt.ts";
import type { Told } from "./answer-json.ts";

export interface ReadTogether {
  readonly told: Told;
  readonly seen: readonly Seen[];
  readonly trace: readonly TraceEvent[];
  /** The answers it rests on, in the order in which they came. */
  readonly answers: readonly Answered[];
  readonly tookMs: Ms;
}

/** How long until the next try, at first and at most; half of it is left to chance. */
const PAUSE_MS_FIRST = 5;
const PAUSE_MS_MAX = 200;

export async function read(
  c: KeyContext,
  whole: Whole,
  parts: readonly GroupPart[],
  deadlineMs: Ms,
): Promise<ReadTogether> {
  const startedAt = Date.now();
  const elapsed = () => (Date.now() - startedAt) as Ms;
  const answers: Answered[] = [];
  const trace: TraceEvent[] = [];
  const bytesOf = new Map<string, number>();
  let pauseMs = PAUSE_MS_FIRST;
  const outcome = await readOnly(whole, parts, {
    async ask(group, request) {
      trace.push({ atMs: elapsed(), event: `${request.type} sent`, group });
      const left = Math.max(1, deadlineMs - elapsed()) as Ms;
      const answered = await exchange(c, group, request, { deadlineMs: left });
      const { answer } = answered;
      trace.push({ atMs: elapsed(), event: `${request.type} answered`, group });
      answers.push(answered);
      if (answer.type !== "read" && answer.type !== "validated") {
        throw new Error(`a ${request.type} was answered with a ${answer.type}`);
      }
      if (answer.type === "read") {
        bytesOf.set(group, bytesIn(answer.records));
        refuseTooMuch(sum(bytesOf.values()));
      }
      return answer;
    },
    async retry() {
      const afterMs = pauseMs * (0.5 + Math.random() / 2);
      pauseMs = Math.min(2 * pauseMs, PAUSE_MS_MAX);
      if (elapsed() + afterMs >= deadlineMs) return false;
      await pause(afterMs as Ms);
      return true;
    },
  });
  if (outcome.type === "moved") {
    throw new Problem(
      "transaction-conflict",
      "the keys went on changing while they were read, until the deadline",
    );
  }
  refuseTooMuch(bytesIn(outcome.results));
  return { told: outcome, seen: outcome.seen, trace, answers, tookMs: elapsed() };
}

type MayHaveValue = { readonly value?: Value } | null;

const bytesIn = (all: readonly MayHaveValue[]): number =>
  sum(all.map((each) => each?.value?.bytes.byteLength ?? 0));

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}

/** As much as one page of a list may have; a key that is read twice stands twice in the answer. */
function refuseTooMuch(bytes: number): void {
  if (bytes <= LIST_BYTES_MAX) return;
  throw new Problem("too-large", `the values read have more than ${LIST_BYTES_MAX} bytes together`);
}
