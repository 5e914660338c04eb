/** What clients asked and heard, and when: all that most checkers know. */
import { shownKey } from "../shared/lock/key.ts";
import type { Answer, GroupRequest } from "../shared/member/request.ts";
import type { GroupPart } from "../shared/transaction/request.ts";
import { formatPosition } from "../shared/watch/position.ts";
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

/** What is recorded of a request as it is asked. */
export const newOperation = (
  place: Pick<Operation, "number" | "client" | "group" | "request">,
  invokedAt: Time,
): Operation => ({
  ...place,
  effect: "id" in place.request ? place.request.id : "",
  invokedAt,
  returnedAt: Number.POSITIVE_INFINITY,
  answer: null,
  witness: null,
});

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
    case "lock": {
      const [condition] = request.conditions;
      const [operation] = request.operations;
      const who = condition.type === "free" ? condition.holder : `token ${condition.token}`;
      const copy = request.copy ? " (copy)" : "";
      return `${operation.type} ${shownKey(operation.key)} by ${who} ${request.id}${copy}`;
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
    case "read":
      return `read ${request.keys.join(", ")}`;
    case "watch":
      return `watch from ${request.start.type}`;
    case "feed":
      return `feed from ${request.from}`;
    case "validate":
      return `validate ${request.keys.join(", ")} since ${request.since}`;
    case "transact":
      return `transact ${request.id}${request.copy ? " (copy)" : ""}: ${request.parts.map(describePart).join("; ")}`;
    case "prepare":
      return `prepare ${request.id}#${request.attempt}`;
    case "settle":
      return `settle ${request.id}#${request.attempt}`;
    case "resolve":
      return `resolve ${request.id}#${request.attempt} ${request.vote === null ? "dropped" : `committed at ${request.vote}`}`;
    case "inquire":
      return `inquire ${request.id}#${request.attempt} for ${request.group}`;
    case "look-up":
      return `look up ${request.id}${request.settle ? ", settling" : ""}`;
  }
}

function describePart({ group, conditions, operations, otherwise }: GroupPart): string {
  const steps = [
    ...conditions.map((one) => `if ${one.type} ${one.key}`),
    ...operations.map((one) => `${one.type} ${one.key}`),
    ...otherwise.map((one) => `else get ${one.key}`),
  ];
  return `${group}[${steps.join(", ")}]`;
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
    case "read":
      return `{${answer.records.map(describeRecord).join(", ")}}${as}`;
    case "fed":
      return `fed ${answer.entries.length} entries of ${answer.commitIndex}${as}`;
    case "watching":
      return `watching from ${formatPosition(answer.position)}${as}`;
    case "validated":
      return `${answer.moved ? "moved" : "unmoved"}${as}`;
    case "transacted":
      return `${answer.answer.succeeded ? "committed" : "else"} ${answer.id}${answer.replayed ? " (replayed)" : ""}${as}`;
    case "looked-up":
      return `${answer.found.status}${as}`;
    case "voted":
      return `voted ${answer.vote.failed.length > 0 ? "no" : "yes"} at ${answer.vote.index}${as}`;
    case "outcome":
      return `${answer.vote === null ? "dropped" : `committed at ${answer.vote}`}${as}`;
    case "died":
    case "vote-refused":
    case "resolved":
    case "crowded":
    case "queued":
      return `${answer.type}${as}`;
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
