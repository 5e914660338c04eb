/** `holdfast put KEY [VALUE]`. */
import type { Command } from "@commander-js/extra-typings";
import { duration, name, wholeNumber } from "../argument-values.ts";
import type { Context } from "../context.ts";
import { examples } from "../help.ts";
import { readValue } from "../input.ts";
import { counted } from "../show/receipt.ts";
import { inLine } from "../show/text.ts";
import { UsageError } from "../usage-error.ts";

interface Options {
  readonly ifRevision?: number | undefined;
  readonly ifAbsent?: true | undefined;
  readonly ifPresent?: true | undefined;
  readonly ttl?: number | undefined;
  readonly type?: string | undefined;
  readonly idempotencyKey?: string | undefined;
}

export function addPut(program: Command, context: Context): void {
  program
    .command("put")
    .summary("write a key")
    .description(
      "Write a key. The value is stored as JSON if it is JSON, as text if it is text, else as bytes; --type says otherwise.",
    )
    .argument("<key>", "", name)
    .argument(
      "[value]",
      "the value itself, - for standard input, or @file; @@ for a text that begins with @",
      "-",
    )
    .option("--if-revision <n>", "only if the key is at this revision", wholeNumber)
    .option("--if-absent", "only if there is no such key")
    .option("--if-present", "only if there is such a key")
    .option("--ttl <duration>", "the key is gone again after so long", duration)
    .option("--type <type>", "json, text, bytes, or a media type such as image/png")
    .option(
      "--idempotency-key <key>",
      "names the write: repeated under the same key it has no second effect",
    )
    .addHelpText(
      "after",
      examples(
        `put users/42 '{"name":"Ada"}'`,
        "put users/42 @ada.json --if-revision 7",
        "put job/7 worker-1 --if-absent --ttl 1m",
        "put zip/01234 01234 --type text",
        "put picture/7 --type image/png < picture.png",
      ),
    )
    .action((key, value, options) => put(context, key, value, options));
}

async function put(
  context: Context,
  key: string,
  argument: string,
  options: Options,
): Promise<void> {
  const { ifRevision, ifAbsent, ifPresent, ttl: ttlMs } = options;
  if ([ifRevision, ifAbsent, ifPresent].filter((each) => each !== undefined).length > 1) {
    throw new UsageError("--if-revision, --if-absent and --if-present exclude one another");
  }
  if (argument === "-" && context.io.isInTerminal) {
    await context.warn("The value is what you type, until Ctrl-D.");
  }
  const { bytes, contentType } = await readValue(context.io, argument, options.type);
  const { receipt, ...result } = await context.connect().keys.put(key, bytes, {
    ...{ as: "bytes", contentType },
    ...{ ifRevision, ifAbsent, ifPresent, ttlMs },
    idempotencyKey: context.keyOfWrite(options.idempotencyKey),
  });
  if (context.wantsJson) return context.printJson({ ...result, contentType, receipt });
  const { revision, created } = result;
  const what = `${counted(bytes.length, "byte")} of ${contentType}`;
  const again = receipt.replayed ? " (told again: it had been done)" : "";
  await context.print(
    `${inLine(key)}: revision ${revision}, ${created ? "created" : "changed"}, ${what}${again}\n`,
  );
}
