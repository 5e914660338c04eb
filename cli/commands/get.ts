/** `holdfast get KEY`. */
import { type Command, Option } from "@commander-js/extra-typings";
import type { GetOptions, HoldfastNamespace } from "../../client/index.ts";
import { duration, name, wholeNumber } from "../argument-values.ts";
import type { Context } from "../context.ts";
import { NOT_FOUND } from "../exit-codes.ts";
import { examples } from "../help.ts";
import { receiptLine } from "../show/receipt.ts";
import { inLine } from "../show/text.ts";
import { valueJson, valueOnTerminal } from "../show/value.ts";
import { UsageError } from "../usage-error.ts";

const LEVELS = ["strong", "session", "bounded", "eventual"] as const;

interface Options {
  readonly level?: (typeof LEVELS)[number] | undefined;
  readonly maxStaleness?: number | undefined;
  readonly bookmark?: string | undefined;
  readonly revision?: number | undefined;
  readonly receipt?: true | undefined;
}

export function addGet(program: Command, context: Context): void {
  program
    .command("get")
    .summary("read a key")
    .description(
      "Read a key. Its bytes go to standard output as they were put; on a terminal JSON is laid out, " +
        "and what is no text is described.",
    )
    .argument("<key>", "", name)
    .addOption(
      new Option("--level <level>", "how consistent the answer must be (default: strong)").choices(
        LEVELS,
      ),
    )
    .option("--max-staleness <duration>", "how old the answer may be; with it, bounded", duration)
    .option("--bookmark <bookmark>", "what has been seen before; with it, session")
    .option("--revision <n>", "as it was at this revision", wholeNumber)
    .option("--receipt", "say on standard error what the answer rests on")
    .addHelpText(
      "after",
      examples(
        "get users/42",
        "get users/42 --level eventual",
        "get users/42 --max-staleness 10s",
        "get users/42 --revision 7",
        "get picture/7 > picture.png",
      ),
    )
    .action((key, options) => get(context, key, options));
}

async function get(context: Context, key: string, options: Options): Promise<void> {
  const { value, revision, contentType, receipt } = await reader(context, options).keys.get(key, {
    ...levelOf(options),
    revision: options.revision,
    as: "bytes",
  });
  if (revision === null) {
    context.exitCode = NOT_FOUND;
    const error = { code: "key-not-found", detail: `there is no key ${JSON.stringify(key)}` };
    if (context.wantsJson) {
      return context.warn(JSON.stringify({ error: { ...error, key, definite: true, receipt } }));
    }
    await context.warn(`holdfast: there is no key ${inLine(key)}`);
  } else if (context.wantsJson) {
    return context.printJson({ key, revision, ...valueJson(value, contentType), receipt });
  } else if (context.io.out.isTerminal) {
    await context.print(`${valueOnTerminal(value, contentType).replace(/\n$/, "")}\n`);
  } else {
    await context.io.out.write(value);
  }
  const at = revision === null ? "" : `revision ${revision}, `;
  const line = `${at}${receiptLine(receipt)}`;
  if (options.receipt === true) await context.warn(line);
  else await context.note(line);
}

function reader(context: Context, { bookmark, level }: Options): HoldfastNamespace {
  const holdfast = context.connect();
  if (bookmark !== undefined) return holdfast.session({ bookmark });
  if (level !== "session") return holdfast;
  throw new UsageError(
    "a read at session says what has been seen before: --bookmark, of any receipt",
  );
}

function levelOf({ level, maxStaleness, bookmark }: Options): GetOptions {
  if (maxStaleness !== undefined && level !== undefined && level !== "bounded") {
    throw new UsageError("--max-staleness goes with --level bounded");
  }
  if (level === "bounded" && maxStaleness === undefined) {
    throw new UsageError("a bounded read says how old its answer may be: --max-staleness 10s");
  }
  if (bookmark !== undefined && (level ?? "session") !== "session") {
    throw new UsageError("--bookmark goes with --level session");
  }
  return { consistency: level, maxStalenessMs: maxStaleness };
}
