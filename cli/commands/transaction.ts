/** `holdfast transaction ID`: what became of one. */
import type { Command } from "@commander-js/extra-typings";
import type { TransactionState } from "../../client/index.ts";
import type { Context } from "../context.ts";
import { CONFLICT } from "../exit-codes.ts";
import { examples } from "../help.ts";
import { outcomeLines, resultJson } from "../show/outcome.ts";
import { inLine } from "../show/text.ts";

export function addTransaction(program: Command, context: Context): void {
  program
    .command("transaction")
    .summary("what became of a transaction")
    .description("Say what became of a transaction, by its id, for a day.")
    .argument("<id>")
    .option("--settle", "leave nothing pending: what is not committed by then never will be")
    .addHelpText("after", examples("transaction 01M8421VSGPG7A4ZPMV0CK0YHR.balance~2Fa --settle"))
    .action((id, options) => look(context, id, options));
}

async function look(
  context: Context,
  id: string,
  { settle }: { readonly settle?: true | undefined },
): Promise<void> {
  const { transactions } = context.connect();
  const state = settle === true ? await transactions.settle(id) : await transactions.get(id);
  if (state.status === "aborted") context.exitCode = CONFLICT;
  if (context.wantsJson) return context.printJson(stateJson(state));
  await context.print(`${linesOf(context, state).join("\n")}\n`);
}

function stateJson(state: TransactionState): unknown {
  if (state.status !== "committed") return state;
  return { ...state, results: state.results.map(resultJson) };
}

function linesOf(context: Context, state: TransactionState): readonly string[] {
  switch (state.status) {
    case "committed":
      return outcomeLines(context.io.out, state);
    case "aborted": {
      const { reason } = state;
      const why = reason === null ? "" : `: ${inLine(reason.detail)}`;
      return [`aborted, it has no effect and never will${why}`];
    }
    case "pending":
      return ["pending; --settle decides it"];
  }
}
