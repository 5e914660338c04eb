/** Running a transaction: at its anchor, or, where it only reads and need not be remembered, here. */
import { TRANSACTION_GRACE_MS } from "../../../shared/limits.ts";
import type { Term } from "../../../shared/raft/term.ts";
import type { Idempotency } from "../../../shared/store/entry.ts";
import type { GroupPart, Seen, TraceEvent } from "../../../shared/transaction/request.ts";
import { isReadOnly, type Whole } from "../../../shared/transaction/split.ts";
import { type Ms, ms, type Region, type TransactionId } from "../../../shared/types.ts";
import { Problem } from "../../problem.ts";
import { exchange, type KeyContext } from "../keys/exchange.ts";
import type { Told } from "./answer-json.ts";
import { read } from "./reads.ts";
import { coordinatedCost, readCost } from "./receipt.ts";

export interface Asked {
  readonly id: TransactionId;
  readonly whole: Whole;
  /** The whole, split by groups: the anchor's part first. */
  readonly parts: readonly GroupPart[];
  readonly idempotency: Idempotency | null;
  readonly deadlineMs: Ms;
  readonly explain: boolean;
}

export interface Ran {
  /** That of the first request, where this is its answer told again. */
  readonly id: TransactionId;
  readonly told: Told;
  readonly replayed: boolean;
  readonly seen: readonly Seen[];
  readonly trace: readonly TraceEvent[];
  readonly region: Region;
  readonly term: Term;
  readonly cost: string;
  readonly tookMs: Ms;
}

export const run = (c: KeyContext, asked: Asked): Promise<Ran> =>
  asked.idempotency === null && isReadOnly(asked.whole.operations)
    ? readHere(c, asked)
    : coordinate(c, asked);

async function coordinate(c: KeyContext, asked: Asked): Promise<Ran> {
  const { id, parts, idempotency, deadlineMs, explain } = asked;
  const answered = await exchange(
    c,
    anchorOf(parts),
    { type: "transact", id, copy: false, idempotency, parts, deadlineMs, explain },
    { deadlineMs: ms(deadlineMs + TRANSACTION_GRACE_MS) },
  ).catch(nameFault);
  const { answer, region, tookMs } = answered;
  if (answer.type !== "transacted") {
    throw new Error(`a transaction was answered with a ${answer.type}`);
  }
  return {
    id: answer.id,
    told: answer.answer,
    replayed: answer.replayed,
    seen: answer.seen,
    trace: answer.trace,
    region,
    term: answer.receipt.term,
    cost: coordinatedCost(
      answered,
      answer.replayed ? 0 : parts.length,
      c.get("namespace").regions.length,
    ),
    tookMs,
  };
}

/** An operation that cannot run is found by leaders, who know what is stored but not what was wrong in which field. */
function nameFault(fault: unknown): never {
  if (!(fault instanceof Problem) || fault.code !== "bad-request") throw fault;
  const { code, detail } = fault;
  throw new Problem(code, detail, { errors: [{ path: "then", message: detail }] });
}

async function readHere(c: KeyContext, { id, whole, parts, deadlineMs }: Asked): Promise<Ran> {
  const { told, seen, trace, answers, tookMs } = await read(c, whole, parts, deadlineMs);
  const [first] = answers;
  if (first === undefined) throw new Error("a transaction that reads nothing was run");
  return {
    id,
    told,
    replayed: false,
    seen,
    trace,
    region: first.region,
    term: first.answer.receipt.term,
    cost: readCost(answers, c.get("namespace").regions.length),
    tookMs,
  };
}

export function anchorOf([first]: readonly GroupPart[]): string {
  if (first === undefined) throw new Error("a transaction without a step got past its schema");
  return first.group;
}
