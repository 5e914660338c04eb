/** `holdfast transact FILE`, or with its parts as options. */
import type { Command } from "@commander-js/extra-typings";
import type { Condition, GetOperation, Operation } from "../../client/index.ts";
import { duration } from "../argument-values.ts";
import type { Context } from "../context.ts";
import { CONFLICT } from "../exit-codes.ts";
import { examples } from "../help.ts";
import { jsonIn, readArgument } from "../input.ts";
import { outcomeLines, resultJson } from "../show/outcome.ts";
import { table } from "../show/table.ts";
import { type Parts, TransactionParts } from "../transaction-parts.ts";
import { UsageError } from "../usage-error.ts";

interface Options {
  readonly deadline?: number | undefined;
  readonly explain?: true | undefined;
  readonly idempotencyKey?: string | undefined;
}

export function addTransact(program: Command, context: Context): void {
  const parts = new TransactionParts();
  program
    .command("transact")
    .alias("tx")
    .summary("conditions and changes over any keys, all or nothing")
    .description(
      "Run a transaction: conditions, what takes effect if all of them hold, and what is read if one does not. " +
        'It is a JSON document, {"if": […], "then": […], "else": […]}, as the API has it, or made of options in their order.',
    )
    .argument("[file]", "the document: a file, or - for standard input")
    .option("--if-revision <key=n>", "the key is at this revision", parts.add("if-revision"))
    .option("--if-absent <key>", "there is no such key", parts.add("if-absent"))
    .option("--if-present <key>", "there is such a key", parts.add("if-present"))
    .option("--if-at-least <key=n>", "the number is at least this", parts.add("if-at-least"))
    .option("--if-equals <key=value>", "the value is this", parts.add("if-equals"))
    .option("--if-lock <name=token>", "the lock is held by this token", parts.add("if-lock"))
    .option("--if-leader <name=token>", "this token still leads", parts.add("if-leader"))
    .option("--put <key=value>", "write; the value is taken as by `put`", parts.add("put"))
    .option("--delete <key>", "delete", parts.add("delete"))
    .option("--add <key=n>", "add to a number; a missing key counts as 0", parts.add("add"))
    .option("--append <key=value>", "add to the end of an array", parts.add("append"))
    .option("--get <key>", "read", parts.add("get"))
    .option("--else-get <key>", "read if a condition fails", parts.add("else-get"))
    .option(
      "--deadline <duration>",
      "for how long to try while others hold the keys (default: 5s)",
      duration,
    )
    .option("--explain", "say each message and durable write, and when it was")
    .option(
      "--idempotency-key <key>",
      "names it: repeated under the same key it has no second effect",
    )
    .addHelpText(
      "after",
      `${examples(
        "transact --if-at-least balance/a=30 --add balance/a=-30 --add balance/b=30 --else-get balance/a",
        "transact --get balance/a --get balance/b",
        "transact --if-lock billing=42 --put bill/7=paid",
        "transact move.json --explain",
      )}
A failed condition changes nothing and exits with 4.
`,
    )
    .action((file, options) => transact(context, file, parts, options));
}

async function transact(
  context: Context,
  file: string | undefined,
  parts: TransactionParts,
  options: Options,
): Promise<void> {
  const { deadlineMs, explain, ...body } = await documentOf(context, file, parts);
  const outcome = await context
    .connect()
    .transaction()
    .if(...body.if)
    .do(...body.then)
    .else(...body.else)
    .commit({
      deadlineMs: options.deadline ?? deadlineMs,
      explain: options.explain ?? explain,
      idempotencyKey: keyOf(context, body.then, options.idempotencyKey),
    });
  if (!outcome.succeeded) context.exitCode = CONFLICT;
  if (context.wantsJson) {
    return context.printJson({ ...outcome, results: outcome.results.map(resultJson) });
  }
  const lines = [...outcomeLines(context.io.out, outcome, body.if)];
  if (outcome.trace !== null) {
    const rows = outcome.trace.map(({ atMs, group, event }) => [String(atMs), group, event]);
    const columns = [{ title: "ms", isNumber: true }, { title: "group" }, { title: "event" }];
    lines.push("", table(context.io.out, columns, rows).trimEnd());
  }
  await context.print(`${lines.join("\n")}\n`);
}

/** What only reads needs none: it would leave a trace. */
const keyOf = (
  context: Context,
  operations: readonly Operation[],
  given: string | undefined,
): string | undefined =>
  given !== undefined || operations.some((each) => each.op !== "get")
    ? context.keyOfWrite(given)
    : undefined;

interface Document extends Parts {
  readonly deadlineMs?: number | undefined;
  readonly explain?: boolean | undefined;
}

async function documentOf(
  context: Context,
  file: string | undefined,
  parts: TransactionParts,
): Promise<Document> {
  if (file === undefined) {
    if (!parts.isEmpty) return parts.read(context.io);
    throw new UsageError("a transaction is a file, - for standard input, or options such as --put");
  }
  if (!parts.isEmpty)
    throw new UsageError("the transaction is in the file or in the options, not in both");
  const document = jsonIn(await readArgument(context.io, file === "-" ? "-" : `@${file}`));
  if (typeof document !== "object" || document === null || Array.isArray(document)) {
    throw new UsageError(`${file} holds no JSON object`);
  }
  const {
    if: conditions,
    then,
    else: otherwise,
    deadlineMs,
    explain,
    ...others
  } = document as Readonly<Record<string, unknown>>;
  for (const member of Object.keys(others)) {
    throw new UsageError(
      `${JSON.stringify(member)} is no part of a transaction: if, then, else, deadlineMs, explain`,
    );
  }
  // What stands in them is the service's to judge: it names each fault.
  return {
    if: arrayOf<Condition>("if", conditions),
    then: arrayOf<Operation>("then", then),
    else: arrayOf<GetOperation>("else", otherwise),
    deadlineMs: deadlineMs as number | undefined,
    explain: explain as boolean | undefined,
  };
}

function arrayOf<Item>(member: string, value: unknown): readonly Item[] {
  if (value === undefined) return [];
  if (Array.isArray(value)) return value;
  throw new UsageError(`"${member}" is an array`);
}
