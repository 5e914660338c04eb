/** The program: its name, the settings that every command takes, and the commands. */
import { Command } from "@commander-js/extra-typings";
import manifest from "../package.json" with { type: "json" };
import { duration } from "./argument-values.ts";
import { addDelete } from "./commands/delete.ts";
import { addElect } from "./commands/elect.ts";
import { addGet } from "./commands/get.ts";
import { addGroup } from "./commands/group.ts";
import { addList } from "./commands/list.ts";
import { addLock } from "./commands/lock.ts";
import { addNamespace } from "./commands/namespace.ts";
import { addPut } from "./commands/put.ts";
import { addToken } from "./commands/token.ts";
import { addTransact } from "./commands/transact.ts";
import { addTransaction } from "./commands/transaction.ts";
import { addWatch } from "./commands/watch.ts";
import { URL_DEFAULT } from "./connection.ts";
import { Context } from "./context.ts";
import { EXIT_CODES_HELP } from "./exit-codes.ts";
import type { Io } from "./io.ts";

const FIRST_STEPS = `
Examples:
  $ holdfast put users/42 '{"name":"Ada"}'
  $ holdfast get users/42
  $ holdfast list --prefix users/ --values
  $ holdfast transact --if-at-least stock=1 --add stock=-1 --put order/7=open
  $ holdfast watch --prefix order/
  $ holdfast lock nightly-report --wait -- ./report.sh

Environment:
  HOLDFAST_URL        the service, ${URL_DEFAULT} by default
  HOLDFAST_TOKEN      who asks; for a service on this machine "dev" by default, as \`npm start\` has it
  HOLDFAST_NAMESPACE  the namespace, "default" by default
  NO_COLOR            no colours

${EXIT_CODES_HELP}
`;

/** A command before anything is said of its arguments. */
export type AddCommand = (program: Command, context: Context) => void;

const COMMANDS: readonly AddCommand[] = [
  addGet,
  addPut,
  addDelete,
  addList,
  addTransact,
  addTransaction,
  addWatch,
  addLock,
  addElect,
  addGroup,
  addNamespace,
  addToken,
];

export interface Program {
  readonly program: Command;
  readonly context: Context;
  /** Ends when all that the parser wrote is on its way. */
  readonly flush: () => Promise<void>;
}

export function programOf(io: Io): Program {
  const written: Promise<void>[] = [];
  const program = new Command("holdfast")
    .description("Consistent keys, transactions and locks, from the command line.")
    .version(manifest.version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help, or a command's")
    .helpCommand("help [command]", "print a command's help")
    .option("--url <url>", "the service (HOLDFAST_URL)")
    .option("--token <token>", "who asks (HOLDFAST_TOKEN, which others on this machine do not see)")
    .option("-n, --namespace <name>", "the namespace (HOLDFAST_NAMESPACE)")
    .option(
      "--timeout <duration>",
      "for how long to try, retries included (default: 30s)",
      duration,
    )
    .option("--json", "print JSON for programs: one document, or one a line where there are many")
    .addHelpText("after", FIRST_STEPS)
    .showHelpAfterError("`holdfast help` says what there is; each command has --help.")
    .showSuggestionAfterError()
    .exitOverride()
    .configureHelp({ showGlobalOptions: true, styleTitle: (title) => title })
    .configureOutput({
      writeOut: (text) => written.push(io.out.write(text)),
      writeErr: (text) => written.push(io.err.write(text)),
      outputError: (text, write) => write(text.replace(/^error: /, "holdfast: ")),
      getOutHelpWidth: () => io.out.columns,
      getErrHelpWidth: () => io.err.columns,
      getOutHasColors: () => io.out.hasColors,
      getErrHasColors: () => io.err.hasColors,
    });
  const context = new Context(io, () => program.opts());
  for (const add of COMMANDS) add(program as unknown as Command, context);
  const flush = async () => {
    await Promise.all(written);
  };
  return { program: program as unknown as Command, context, flush };
}
