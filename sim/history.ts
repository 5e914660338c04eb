/** What clients asked and heard, and when: all that most checkers know. */
import type { Answer, GroupRequest } from "../shared/member/request.ts";
import type { Witness } from "./member.ts";
import type { Time } from "./timeline.ts";

export interface Operation {
  readonly number: number;
  readonly client: string;
  readonly group: string;
  readonly request: GroupRequest;
  /**
   * Names what may take effect at most once: the request's id, or its idempotency key, its body and the window of
   * the key it belongs to.
   */
  readonly effect: string;
  readonly invokedAt: Time;
  /** When its answer came; infinite while it has none, and for ever where it may have taken effect unseen. */
  returnedAt: Time;
  /** Null where nobody heard: it may have taken effect or not. */
  answer: Answer | null;
  witness: Witness | null;
}

/** Whether an answer says that the operation certainly had no effect, and shows nothing of the state either. */
export function saysNothing(operation: Operation): boolean {
  return operation.answer?.type === "refused";
}

/** The index an answer is as of; null where it has none. */
export function indexOf(answer: Answer | null): number | null {
  return answer !== null && "receipt" in answer ? answer.receipt.index : null;
}

/** An operation in one line. */
export function describe(operation: Operation): string {
  const { client, group, invokedAt, returnedAt } = operation;
  const until = Number.isFinite(returnedAt) ? returnedAt.toFixed(1) : "never";
  const asked = describeRequest(operation.request);
  return `[${invokedAt.toFixed(1)}, ${until}] ${client} ${group}: ${asked} → ${describeAnswer(operation.answer)}`;
}

export function describeRequest(request: GroupRequest): string {
  switch (request.type) {
    case "get":
      return `get ${request.key}${request.revision === null ? "" : ` at ${request.revision}`}`;
    case "list": {
      const { prefix, start, end, after, reverse, limit } = request.range;
      return `list ${prefix}* [${start ?? ""}, ${end ?? ""}) after ${after ?? "-"} ${reverse ? "down" : "up"} ${limit}`;
    }
    case "write": {
      const { id, copy, idempotency, conditions, operations } = request;
      const conditional = conditions.map((one) =>
        one.type === "exists"
          ? `${one.key} ${one.exists ? "exists" : "absent"}`
          : `${one.key} ${one.negated ? "not at" : "at"} ${one.among.join("|")}`,
      );
      const changes = operations.map((one) =>
        one.type === "put"
          ? `put ${one.key}=${text(one.value.bytes)}${one.ttlMs === null ? "" : ` ttl ${one.ttlMs}`}`
          : `delete ${one.key}`,
      );
      return [
        `${id}${copy ? " (copy)" : ""}`,
        ...(idempotency === null ? [] : [`key ${idempotency.key}/${idempotency.fingerprint}`]),
        ...(conditional.length === 0 ? [] : [`if ${conditional.join(" and ")}`]),
        changes.join(", "),
      ].join(" ");
    }
  }
}

export function describeAnswer(answer: Answer | null): string {
  if (answer === null) return "?";
  const as =
    "receipt" in answer
      ? ` @${answer.receipt.index} (${answer.receipt.term.block}.${answer.receipt.term.wake})`
      : "";
  switch (answer.type) {
    case "record":
      return `${describeRecord(answer.record)}${as}`;
    case "records":
      return `{${answer.records.map((record) => `${record.key}=${describeRecord(record)}`).join(", ")}}${as}`;
    case "written":
      return `written ${answer.results.map((one) => (one.type === "put" ? (one.created ? "created" : "replaced") : one.deleted ? "deleted" : "nothing there")).join(", ")}${answer.replayed ? " (replayed)" : ""}${as}`;
    case "failed":
      return `failed ${answer.failed.map((one) => `${one.key} at ${one.revision ?? "absent"}`).join(", ")}${answer.replayed ? " (replayed)" : ""}${as}`;
    case "refused":
      return `refused: ${answer.code}`;
    case "redirected":
      return `redirected to ${answer.leader}`;
  }
}

function describeRecord(record: { revision: number; value: { bytes: Uint8Array } } | null): string {
  return record === null ? "absent" : `${text(record.value.bytes)} r${record.revision}`;
}

const decoder = new TextDecoder();

/** A value as text. Every put of a run writes another one. */
export function text(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}
