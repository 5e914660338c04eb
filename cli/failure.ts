/**
 * What is told of a failure: what happened, whether it had an effect, and what to do.
 *
 * On standard error: a few lines for a person, or with `--json` one document in which everything has a name.
 */
import { HoldfastError } from "../client/index.ts";
import { BY_SIGNAL, exitCodeOf, FAILED, NO_ANSWER, USAGE } from "./exit-codes.ts";
import { Interrupted } from "./io.ts";
import { Unreachable } from "./reach.ts";
import { inLine } from "./show/text.ts";
import { UsageError } from "./usage-error.ts";

export interface Failure {
  readonly exitCode: number;
  /** Without a line feed at the end of any. */
  readonly lines: readonly string[];
  readonly json: Readonly<Record<string, unknown>>;
}

const SIGNAL_NUMBERS: Readonly<Partial<Record<NodeJS.Signals, number>>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGTERM: 15,
};

/**
 * Of something thrown; null where it is a mistake of this program.
 *
 * @param idempotencyKey under which a write was under way, if one was.
 */
export function failureOf(fault: unknown, idempotencyKey: string | null): Failure | null {
  if (fault instanceof HoldfastError) return ofService(fault);
  if (fault instanceof Unreachable) return unreachable(fault);
  if (fault instanceof UsageError) {
    return {
      exitCode: USAGE,
      lines: [fault.message],
      json: { code: "usage", detail: fault.message },
    };
  }
  if (fault instanceof Interrupted) return interrupted(fault, idempotencyKey);
  return null;
}

function interrupted({ signal, message }: Interrupted, idempotencyKey: string | null): Failure {
  const exitCode = BY_SIGNAL + (SIGNAL_NUMBERS[signal] ?? 0);
  const isRead = idempotencyKey === null;
  const json = { code: "interrupted", detail: message, definite: isRead, idempotencyKey };
  const lines = isRead ? [] : [message, ...uncertain({ transactionId: null, idempotencyKey })];
  return { exitCode, lines, json };
}

function unreachable({ url, message }: Unreachable): Failure {
  const detail = `${url.origin} cannot be reached: ${message}`;
  const lines = [
    detail,
    "It had no effect.",
    "--url or HOLDFAST_URL names the service; `npm start` runs one here.",
  ];
  return {
    exitCode: NO_ANSWER,
    lines,
    json: { code: "network", detail, definite: true, retryable: true },
  };
}

function ofService(error: HoldfastError): Failure {
  const { code, detail, status, definite, retryable, requestId, idempotencyKey, problem } = error;
  const lines = [`${code}: ${inLine(detail)}${inLine(innermost(error))}`];
  for (const { path, message } of error.faults) lines.push(`  ${inLine(path)}: ${inLine(message)}`);
  if (!definite) lines.push(...uncertain(error));
  else if (error.idempotencyKey !== null) lines.push("It had no effect.");
  const advice = adviceFor(error);
  if (advice !== undefined) lines.push(advice);
  if (requestId !== null) lines.push(`request ${requestId}`);
  const json = {
    ...problem,
    ...{ code, detail, status, definite, retryable, requestId, idempotencyKey },
  };
  return { exitCode: exitCodeOf(code), lines, json };
}

/** What Node says is behind a fault of the network: its own message is always the same. */
function innermost({ code, cause }: HoldfastError): string {
  if (code !== "network") return "";
  let reason = cause;
  while (reason instanceof Error && reason.cause instanceof Error) reason = reason.cause;
  return reason instanceof Error && reason !== cause ? ` (${reason.message})` : "";
}

/** How to learn what became of it. */
function uncertain({
  transactionId,
  idempotencyKey,
}: Pick<HoldfastError, "transactionId" | "idempotencyKey">): readonly string[] {
  const lines = ["It may have taken effect."];
  if (transactionId !== null) {
    lines.push(`\`holdfast transaction '${transactionId}' --settle\` says whether it did.`);
  } else if (idempotencyKey !== null) {
    lines.push(
      `The same command with --idempotency-key ${idempotencyKey} has no second effect, and tells its first answer.`,
    );
  }
  return lines;
}

function adviceFor(error: HoldfastError): string | undefined {
  switch (error.code) {
    case "unauthenticated":
      return "HOLDFAST_TOKEN or --token is the service's root token, or a token of the namespace.";
    case "forbidden":
      return "This token is not for that; a token with the scope it takes, or the root token, is.";
    case "namespace-not-found":
      return "--namespace or HOLDFAST_NAMESPACE names another; `holdfast namespace NAME --create` makes it.";
    case "precondition-failed":
      return "Read the key again, and decide anew.";
    case "revision-compacted":
      return "History is kept for ten minutes, unless the namespace says otherwise.";
    case "transaction-conflict":
      return "Others kept changing or locking the same keys: run it again.";
    case "lock-held":
      return "--wait waits for it.";
    case "unexpected-answer":
      return "Is this the address of the service itself? --url or HOLDFAST_URL names it.";
    case "network":
    case "no-quorum":
    case "overloaded":
    case "too-many-requests":
    case "deadline-exceeded":
      return "It was tried again as long as --timeout allows.";
    default:
      return undefined;
  }
}

/** A mistake of this program: its whole story helps whoever mends it. */
export function mistake(fault: unknown): Failure {
  const detail = fault instanceof Error ? (fault.stack ?? fault.message) : String(fault);
  return { exitCode: FAILED, lines: [detail], json: { code: "mistake", detail } };
}
