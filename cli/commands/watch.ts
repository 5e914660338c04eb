/** `holdfast watch`. */
import type { Command } from "@commander-js/extra-typings";
import type { Change, HoldfastNamespace, Sync, Watch } from "../../client/index.ts";
import { wholeNumber } from "../argument-values.ts";
import type { Context } from "../context.ts";
import { examples } from "../help.ts";
import { styled } from "../show/style.ts";
import { fitted, inLine } from "../show/text.ts";
import { decodedJson, valueInLine } from "../show/value.ts";
import { UsageError } from "../usage-error.ts";

interface Options {
  readonly key?: string | undefined;
  readonly group?: string | undefined;
  readonly prefix?: string | undefined;
  readonly from?: number | undefined;
  readonly after?: string | undefined;
  readonly count?: number | undefined;
  readonly values: boolean;
}

export function addWatch(program: Command, context: Context): void {
  program
    .command("watch")
    .summary("follow changes")
    .description(
      "Follow the changes of a key or a group, every one, in order; or those of all keys with a prefix, each key's in " +
        "order. A line a change, until Ctrl-C. What breaks is taken up again where it was.",
    )
    .argument("[key]", "as --key")
    .option("--key <key>", "one key")
    .option("--group <group>", "the keys of one group; with --prefix, those of them that start so")
    .option("--prefix <text>", "all keys of the namespace that start with this")
    .option(
      "--from <revision>",
      "of a key or group: every change at this revision or later",
      wholeNumber,
    )
    .option("--after <position>", "go on behind a change, by its position of --json")
    .option("--count <n>", "end after so many changes", wholeNumber)
    .option("--no-values", "without values")
    .addHelpText(
      "after",
      examples("watch users/42", "watch --group cart-9 --from 1", "watch --prefix order/ --json"),
    )
    .action((key, options) => follow(context, { key, ...options }));
}

type Item = Change<unknown> | Sync;

const isChange = (item: Item): item is Change<unknown> =>
  item.type === "put" || item.type === "delete";

async function follow(context: Context, options: Options): Promise<void> {
  let left = options.count ?? Number.POSITIVE_INFINITY;
  if (left === 0) return;
  const watch = watchOf(context.connect(), options, context.io.interrupted);
  for await (const item of watch) {
    if (context.wantsJson) await context.printJson(itemJson(item));
    else await print(context, item);
    if (!isChange(item)) continue;
    left--;
    if (left === 0) return;
  }
}

function watchOf(
  holdfast: HoldfastNamespace,
  { key, group, prefix, from, after, values }: Options,
  signal: AbortSignal,
): Watch<Item> {
  const options = { from, after, values, signal };
  if (key !== undefined && group === undefined && prefix === undefined) {
    return holdfast.watch({ key }, options);
  }
  if (group !== undefined && key === undefined) return holdfast.watch({ group, prefix }, options);
  if (prefix !== undefined && key === undefined) {
    if (from === undefined) return holdfast.watch({ prefix }, options);
    throw new UsageError(
      "--from is for a key or a group; revisions of different groups say nothing of one another",
    );
  }
  throw new UsageError("what is watched is one of: a key, --group, --prefix");
}

async function print(context: Context, item: Item): Promise<void> {
  if (!isChange(item)) {
    return context.note(
      item.type === "reset"
        ? "The replica tells all it has; keys that do not come up again are gone."
        : "That is all there is; changes follow.",
    );
  }
  const { out } = context.io;
  const kind = item.type === "put" ? styled(out, "green", "put   ") : styled(out, "red", "delete");
  const start = `${inLine(item.key)} ${item.revision}`;
  const value =
    item.type === "put" && item.contentType !== null
      ? ` ${inLine(valueInLine(item.value, item.contentType))}`
      : "";
  const room = out.isTerminal ? out.columns - "delete ".length : Number.POSITIVE_INFINITY;
  await context.print(`${kind} ${fitted(start + value, room)}\n`);
}

const itemJson = (item: Item): unknown =>
  item.type === "put" && item.contentType !== null ? { ...item, ...decodedJson(item.value) } : item;
