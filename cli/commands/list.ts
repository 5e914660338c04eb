/** `holdfast list`. */
import type { Command } from "@commander-js/extra-typings";
import type { ListedKey, ListedValue, Page } from "../../client/index.ts";
import { count } from "../argument-values.ts";
import type { Context } from "../context.ts";
import { examples } from "../help.ts";
import { counted, receiptLine } from "../show/receipt.ts";
import { type Column, table } from "../show/table.ts";
import { decodedJson, valueInLine } from "../show/value.ts";

interface Options {
  readonly prefix?: string | undefined;
  readonly group?: string | undefined;
  readonly start?: string | undefined;
  readonly end?: string | undefined;
  readonly reverse?: true | undefined;
  readonly limit?: number | undefined;
  readonly values?: true | undefined;
  readonly cursor?: string | undefined;
}

/** Keys that are asked for at a time. */
const PAGE_SIZE = 1000;

export function addList(program: Command, context: Context): void {
  program
    .command("list")
    .alias("ls")
    .summary("list keys")
    .description(
      "List keys in byte order: of one group, strong, from its leader; or of the whole namespace, from the nearest replica, " +
        "which may lack what was written in the last seconds.",
    )
    .argument("[prefix]", "only keys that start with this, as --prefix")
    .option("--prefix <text>", "only keys that start with this")
    .option(
      "--group <group>",
      "the keys of one group: those with {group} in them, or the one key itself",
    )
    .option("--start <key>", "the first key, included")
    .option("--end <key>", "the last key, excluded")
    .option("--reverse", "from the last key to the first")
    .option("--limit <n>", "how many keys at most (default: all)", count)
    .option("--values", "with their values")
    .option("--cursor <cursor>", "go on where a list with the same options and a limit ended")
    .addHelpText(
      "after",
      examples(
        "list users/",
        "list --group cart-9 --values",
        "list --prefix log/ --reverse --limit 10",
        "list users/ --values --json | jq -r '.value.name'",
      ),
    )
    .action((prefix, options) => list(context, { prefix, ...options }));
}

type Item = ListedKey | ListedValue<unknown>;

async function list(context: Context, options: Options): Promise<void> {
  const { values, ...rest } = options;
  const { keys } = context.connect();
  const asked = { ...rest, pageSize: Math.min(options.limit ?? PAGE_SIZE, PAGE_SIZE) };
  const listing = values === true ? keys.list({ ...asked, values: true }) : keys.list(asked);
  let total = 0;
  let last: Page<Item> | undefined;
  for await (const page of listing.pages()) {
    if (context.wantsJson) await context.print(page.keys.map(jsonLine).join(""));
    else if (page.keys.length > 0) await context.print(rowsOf(context, page.keys, values === true));
    total += page.keys.length;
    last = page;
  }
  if (last === undefined) return;
  await context.note(`${counted(total, "key")}, ${receiptLine(last.receipt)}`);
  if (last.cursor !== null) await context.warn(`More follow: --cursor '${last.cursor}'`);
}

function rowsOf(context: Context, items: readonly Item[], withValues: boolean): string {
  const columns: Column[] = [{ title: "key" }, { title: "revision", isNumber: true }];
  if (withValues) columns.push({ title: "value" });
  const rows = items.map((item) => [
    item.key,
    String(item.revision),
    ...("value" in item ? [valueInLine(item.value, item.contentType)] : []),
  ]);
  return table(context.io.out, columns, rows);
}

const jsonLine = (item: Item): string =>
  `${JSON.stringify("value" in item ? { ...item, ...decodedJson(item.value) } : item)}\n`;
