/** `holdfast delete KEY`. */
import type { Command } from "@commander-js/extra-typings";
import { name, wholeNumber } from "../argument-values.ts";
import type { Context } from "../context.ts";
import { examples } from "../help.ts";
import { inLine } from "../show/text.ts";

interface Options {
  readonly ifRevision?: number | undefined;
  readonly idempotencyKey?: string | undefined;
}

export function addDelete(program: Command, context: Context): void {
  program
    .command("delete")
    .alias("del")
    .summary("delete a key")
    .description("Delete a key. That there is none is no failure: it says so.")
    .argument("<key>", "", name)
    .option("--if-revision <n>", "only if the key is at this revision", wholeNumber)
    .option(
      "--idempotency-key <key>",
      "names the write: repeated under the same key it has no second effect",
    )
    .addHelpText("after", examples("delete users/42", "delete users/42 --if-revision 7"))
    .action((key, options) => remove(context, key, options));
}

async function remove(context: Context, key: string, options: Options): Promise<void> {
  const { receipt, ...result } = await context.connect().keys.delete(key, {
    ifRevision: options.ifRevision,
    idempotencyKey: context.keyOfWrite(options.idempotencyKey),
  });
  if (context.wantsJson) return context.printJson({ ...result, receipt });
  const { revision, deleted } = result;
  const again = receipt.replayed ? " (told again: it had been done)" : "";
  await context.print(
    deleted
      ? `${inLine(key)}: deleted at revision ${revision}${again}\n`
      : `${inLine(key)}: there was nothing to delete\n`,
  );
}
