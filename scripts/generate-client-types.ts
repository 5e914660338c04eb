// Writes client/api.ts: the bodies of the HTTP API as plain types, made of the schemas that validate them.
//
//     node scripts/generate-client-types.ts           writes it
//     node scripts/generate-client-types.ts --check   fails where it says something else
//
// The client's package must need neither the schema library nor a file outside of it, so it cannot say `z.infer`.
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import { ERRORS } from "../shared/errors.ts";
import { LOCATION_HINTS } from "../shared/regions.ts";
import { SCOPES } from "../shared/token.ts";
import * as groups from "../shared/wire/groups.ts";
import * as keys from "../shared/wire/keys.ts";
import * as locks from "../shared/wire/locks.ts";
import * as namespaces from "../shared/wire/namespaces.ts";
import { problemSchema } from "../shared/wire/problem.ts";
import * as tokens from "../shared/wire/tokens.ts";
import * as answers from "../shared/wire/transaction-answers.ts";
import * as transactions from "../shared/wire/transactions.ts";
import { formatted } from "./formatted.ts";
import { declareTypes } from "./schema-types.ts";

export const clientTypesFile = path.resolve(
  path.dirname(fileURLToPath(import.meta.url)),
  "../client/api.ts",
);

/** Enumerations that have a name of their own. */
const NAMES = new Map<string, readonly string[]>([
  ["ErrorCode", Object.keys(ERRORS)],
  ["Region", LOCATION_HINTS],
  ["ConsistencyLevel", keys.CONSISTENCY_LEVELS],
  ["Encoding", transactions.ENCODINGS],
  ["Scope", SCOPES],
]);

/** What clients send. */
const ASKED = [
  transactions.transactionSchema,
  namespaces.createNamespaceSchema,
  tokens.createTokenSchema,
  groups.handOverSchema,
];

/** What clients are answered. */
const ANSWERED = [
  keys.putResultSchema,
  keys.deleteResultSchema,
  keys.keyListSchema,
  answers.transactionResultSchema,
  answers.transactionStatusSchema,
  locks.lockSchema,
  locks.electionSchema,
  groups.groupSchema,
  groups.ledSchema,
  namespaces.namespaceSchema,
  namespaces.shownNamespaceSchema,
  tokens.tokenSchema,
  tokens.createdTokenSchema,
  tokens.tokenListSchema,
  tokens.revokedTokenSchema,
  problemSchema,
];

const head = `/**
 * The bodies of the HTTP API, as types.
 *
 * Made from shared/wire by \`node scripts/generate-client-types.ts\`. Change it there.
 */
`;

/** The whole of client/api.ts, formatted as the rest. */
export function clientTypes(): string {
  const definitions = new Map<string, z.core.JSONSchema.BaseSchema>();
  for (const schema of ASKED) define(definitions, schema, "input");
  for (const schema of ANSWERED) define(definitions, schema, "output");
  return formatted(clientTypesFile, head + declareTypes(NAMES, definitions));
}

function define(
  definitions: Map<string, z.core.JSONSchema.BaseSchema>,
  schema: z.ZodType,
  io: "input" | "output",
): void {
  const name = schema.meta()?.id;
  if (name === undefined) throw new Error("a schema without an id has no name for its type");
  const { $defs = {}, ...json } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
  definitions.set(name, json);
  for (const [inner, definition] of Object.entries($defs)) definitions.set(inner, definition);
}

if (import.meta.main) {
  if (!process.argv.includes("--check")) {
    writeFileSync(clientTypesFile, clientTypes());
  } else if (readFileSync(clientTypesFile, "utf8") !== clientTypes()) {
    console.error("client/api.ts differs from the schemas in shared/wire.");
    console.error("Run `node scripts/generate-client-types.ts`.");
    process.exit(1);
  }
}
