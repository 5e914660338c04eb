/**
 * What is said of transactions over HTTP: the body that asks for one, and the parameters of looking one up.
 *
 * What is wrong in its shape is found here; what its values come to in bytes, by whoever decodes them.
 */
import * as z from "zod";
import { groupOf } from "../group.ts";
import {
  CONTENT_TYPE_CHARS_MAX,
  DEADLINE_MS_MAX,
  JSON_DEPTH_MAX,
  KEY_BYTES_MAX,
  TRANSACTION_DEADLINE_MS_DEFAULT,
  TRANSACTION_GROUPS_MAX,
  TRANSACTION_STEPS_MAX,
  TTL_MS_MAX,
  TTL_MS_MIN,
} from "../limits.ts";
import { type Json, ms } from "../types.ts";
import { flag, isNestedAtMost, isWellFormed, TOO_LARGE } from "./common.ts";
import { faultOfKey, RESERVED } from "./keys.ts";
import { parseContentType } from "./keys-headers.ts";

const BRANCHES = ["if", "then", "else"] as const;

const keyField = z
  .string()
  .min(1, "must not be empty")
  .refine(isWellFormed, "half a surrogate pair stands alone")
  .refine((key) => faultOfKey(key) !== "too-large", {
    message: `has more than ${KEY_BYTES_MAX} bytes in UTF-8`,
    params: TOO_LARGE,
  })
  .refine((key) => faultOfKey(key) !== "reserved", RESERVED)
  .meta({ description: "1 to 512 bytes in UTF-8.", example: "balance/a" });

const json = z
  .unknown()
  .refine(
    (value) => isNestedAtMost(value, JSON_DEPTH_MAX),
    `is nested deeper than ${JSON_DEPTH_MAX}`,
  )
  .transform((value) => value as Json);

const PREDICATES = ["revision", "exists", "atLeast", "equals"] as const;

const keyConditionSchema = z
  .strictObject({
    key: keyField,
    revision: z.int().min(1).optional().meta({ description: "The key is at this revision." }),
    exists: z.boolean().optional().meta({ description: "The key exists, or does not." }),
    atLeast: z
      .number()
      .optional()
      .meta({ description: "The value is a JSON number, and at least this.", example: 30 }),
    equals: json.optional().meta({
      description:
        "The value is this JSON, whatever the order of members; where it is text, this string.",
    }),
  })
  .superRefine((condition, context) => {
    const stated = PREDICATES.filter((name) => condition[name] !== undefined);
    if (stated.length === 1) return;
    context.addIssue({
      code: "custom",
      message: `must have exactly one of ${PREDICATES.join(", ")} beside its key`,
    });
  })
  .meta({ id: "KeyCondition", example: { key: "balance/a", atLeast: 30 } });

const lockConditionSchema = z
  .strictObject({
    lock: keyField.meta({ description: "The lock's name.", example: "billing" }),
    token: z.int().min(1).meta({ description: "The fencing token.", example: 42 }),
  })
  .meta({
    id: "LockCondition",
    description:
      "The lock is still held under this token: whoever has lost it changes nothing any more. Its group takes part.",
    example: { lock: "billing", token: 42 },
  });

const electionConditionSchema = z
  .strictObject({
    election: keyField.meta({ description: "The election's name.", example: "scheduler" }),
    token: z.int().min(1).meta({ description: "The fencing token.", example: 42 }),
  })
  .meta({
    id: "ElectionCondition",
    description: "Whoever has this token still leads, as with a lock.",
    example: { election: "scheduler", token: 42 },
  });

const conditionSchema = z.union([keyConditionSchema, lockConditionSchema, electionConditionSchema]);

export const ENCODINGS = ["json", "text", "base64"] as const;

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

const putSchema = z
  .strictObject({
    op: z.literal("put"),
    key: keyField,
    value: json.meta({
      description:
        "As `encoding` says: any JSON, which is stored without blanks and with its numbers as doubles; a string; or base64 (RFC 4648 §4).",
    }),
    encoding: z.enum(ENCODINGS).default("json"),
    contentType: z
      .string()
      .min(1)
      .refine((text) => parseContentType(text).ok, {
        message: `must be at most ${CONTENT_TYPE_CHARS_MAX} visible ASCII characters`,
      })
      .optional()
      .meta({
        description:
          "Default, by encoding: application/json, text/plain; charset=utf-8, application/octet-stream.",
        example: "application/json",
      }),
    ttlMs: z.int().min(TTL_MS_MIN).max(TTL_MS_MAX).transform(ms).optional().meta({
      description: "After how many milliseconds the key is gone again.",
      example: 60_000,
    }),
  })
  .superRefine(({ value, encoding }, context) => {
    const fault = faultOfValue(value, encoding);
    if (fault !== null) context.addIssue({ code: "custom", path: ["value"], message: fault });
  });

function faultOfValue(value: Json, encoding: (typeof ENCODINGS)[number]): string | null {
  if (encoding === "json") return null;
  if (typeof value !== "string") return `must be a string where the encoding is ${encoding}`;
  if (encoding === "text") return isWellFormed(value) ? null : "half a surrogate pair stands alone";
  return BASE64.test(value) ? null : "must be base64 (RFC 4648 §4), with its padding";
}

const getSchema = z.strictObject({ op: z.literal("get"), key: keyField });

const operationSchema = z
  .discriminatedUnion(
    "op",
    [
      putSchema,
      z.strictObject({ op: z.literal("delete"), key: keyField }),
      getSchema,
      z.strictObject({
        op: z.literal("add"),
        key: keyField,
        by: z.int().meta({
          description:
            "Added to a JSON safe integer; a missing key counts as 0. The key keeps its time to live.",
          example: -30,
        }),
      }),
      z.strictObject({
        op: z.literal("append"),
        key: keyField,
        values: z.array(json).meta({
          description:
            "Added to the end of a JSON array; a missing key counts as empty. The key keeps its time to live.",
        }),
      }),
    ],
    { error: "must be an operation: op is one of put, delete, get, add, append" },
  )
  .meta({ id: "TransactionOperation" });

const branch = <Step extends z.ZodType>(step: Step, description: string) =>
  z.array(step).default([]).meta({ description, maxItems: TRANSACTION_STEPS_MAX });

export const transactionSchema = z
  .strictObject({
    if: branch(conditionSchema, "Conditions, all of which must hold for `then` to run."),
    then: branch(
      operationSchema,
      "What takes effect together. A key may be written once; a `get` sees what stands before it here.",
    ),
    else: branch(getSchema, "What is read where a condition fails."),
    deadlineMs: z
      .int()
      .min(1)
      .max(DEADLINE_MS_MAX)
      .transform(ms)
      .default(TRANSACTION_DEADLINE_MS_DEFAULT)
      .meta({
        description: `After how many milliseconds it is given up, should contention last so long. Default: ${TRANSACTION_DEADLINE_MS_DEFAULT}.`,
        example: 5000,
      }),
    explain: z
      .boolean()
      .default(false)
      .meta({ description: "Whether the answer comes with a `trace`." }),
  })
  .superRefine((transaction, context) => {
    for (const fault of faultsOfWhole(transaction)) {
      context.addIssue({ code: "custom", path: [...fault.path], message: fault.message });
    }
  })
  .meta({
    id: "Transaction",
    description: `At most ${TRANSACTION_STEPS_MAX} conditions and operations together, over at most ${TRANSACTION_GROUPS_MAX} groups.`,
    example: {
      if: [{ key: "balance/a", atLeast: 30 }],
      then: [
        { op: "add", key: "balance/a", by: -30 },
        { op: "add", key: "balance/b", by: 30 },
      ],
      else: [{ op: "get", key: "balance/a" }],
    },
  });

export type TransactionBody = z.output<typeof transactionSchema>;
export type ConditionBody = z.output<typeof conditionSchema>;
export type KeyConditionBody = z.output<typeof keyConditionSchema>;
export type OperationBody = z.output<typeof operationSchema>;
export type PutBody = Extract<OperationBody, { op: "put" }>;

/**
 * How many conditions and operations a body has, of whatever it may be: found before any of them is looked at, so that
 * a body of nothing but steps costs nothing.
 */
export function stepsOf(body: unknown): number {
  if (typeof body !== "object" || body === null) return 0;
  const branches = body as Readonly<Record<string, unknown>>;
  return BRANCHES.reduce((sum, name) => {
    const steps = branches[name];
    return sum + (Array.isArray(steps) ? steps.length : 0);
  }, 0);
}

interface Fault {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** What a step is about: a key, a lock or an election. */
function nameOfStep(step: ConditionBody | OperationBody): string {
  if ("key" in step) return step.key;
  return "lock" in step ? step.lock : step.election;
}

/** What is wrong between steps each of which is right. */
function faultsOfWhole(transaction: {
  readonly if: TransactionBody["if"];
  readonly then: TransactionBody["then"];
  readonly else: TransactionBody["else"];
}): Fault[] {
  if (stepsOf(transaction) === 0) {
    return [{ path: [], message: "has neither a condition nor an operation" }];
  }
  const faults: Fault[] = [];
  const written = new Set<string>();
  for (const [position, { op, key }] of transaction.then.entries()) {
    if (op === "get") continue;
    if (written.has(key)) {
      faults.push({ path: ["then", position, "key"], message: "is written more than once" });
    }
    written.add(key);
  }
  const groups = new Set<string>();
  for (const name of BRANCHES) {
    for (const step of transaction[name]) {
      groups.add(groupOf(nameOfStep(step)));
    }
  }
  if (groups.size > TRANSACTION_GROUPS_MAX) {
    const message = `touches ${groups.size} groups, and may touch ${TRANSACTION_GROUPS_MAX}`;
    faults.push({ path: [], message });
  }
  return faults;
}

export const lookUpQuerySchema = z.strictObject({
  settle: flag.optional().meta({
    description:
      "Finishes the transaction's recovery first, and durably aborts an id that nobody knows. Needs the scope `write`.",
  }),
});
