/** What the exit code says: scripts decide by it. `holdfast help` lists them. */
import type { HoldfastErrorCode } from "../client/index.ts";

export const DONE = 0;
/** Refused, or failed in a way that has no code of its own. */
export const FAILED = 1;
/** What was asked for makes no sense: on the command line, or to the service. */
export const USAGE = 2;
/** It is not there, or no longer kept. */
export const NOT_FOUND = 3;
/** A condition does not hold, somebody else was first, or a lock is held by another or lost. */
export const CONFLICT = 4;
/** No answer, or none in time: a write may have taken effect. */
export const NO_ANSWER = 5;
/** A program that was ended by a signal has 128 and the signal's number. */
export const BY_SIGNAL = 128;

export const EXIT_CODES_HELP = `Exit codes:
  0    done
  1    refused, or failed otherwise: it had no effect
  2    the command line, or what it asks for, makes no sense
  3    not found, or no longer kept
  4    a condition does not hold, others were first, or a lock is held or lost
  5    no answer, or none in time; the message says whether it may have taken effect
  130  interrupted by Ctrl-C; by another signal, 128 and its number`;

/** Every code has one: a new code does not compile before somebody has decided. */
const BY_CODE: Readonly<Record<HoldfastErrorCode, number>> = {
  unauthenticated: FAILED,
  forbidden: FAILED,
  "bad-request": USAGE,
  "too-large": USAGE,
  "not-acceptable": USAGE,
  "unsupported-media-type": USAGE,
  "method-not-allowed": USAGE,
  "key-not-found": NOT_FOUND,
  "namespace-not-found": NOT_FOUND,
  "transaction-not-found": NOT_FOUND,
  "not-found": NOT_FOUND,
  "revision-compacted": NOT_FOUND,
  "transaction-too-old": NOT_FOUND,
  "precondition-failed": CONFLICT,
  "transaction-conflict": CONFLICT,
  "lock-held": CONFLICT,
  "lock-lost": CONFLICT,
  "namespace-exists": CONFLICT,
  "idempotency-key-reused": CONFLICT,
  network: NO_ANSWER,
  "unexpected-answer": NO_ANSWER,
  "deadline-exceeded": NO_ANSWER,
  "no-quorum": NO_ANSWER,
  "too-many-requests": NO_ANSWER,
  overloaded: NO_ANSWER,
  internal: NO_ANSWER,
  "not-configured": NO_ANSWER,
};

/** A newer service may answer with codes that are not known here. */
export const exitCodeOf = (code: HoldfastErrorCode): number =>
  code in BY_CODE ? BY_CODE[code] : FAILED;
