/** `holdfast elect NAME -- COMMAND…`. */
import type { Command } from "@commander-js/extra-typings";
import type { Leader } from "../../client/index.ts";
import { duration, name } from "../argument-values.ts";
import type { Context } from "../context.ts";
import { NOT_FOUND } from "../exit-codes.ts";
import { examples } from "../help.ts";
import { runWhileHeld } from "../holding-program.ts";
import { jsonIn } from "../input.ts";
import { inLine } from "../show/text.ts";
import { UsageError } from "../usage-error.ts";

interface Options {
  readonly ttl?: number | undefined;
  readonly wait?: number | undefined;
  readonly candidate?: string | undefined;
  readonly value?: string | undefined;
  readonly show?: true | undefined;
  readonly observe?: true | undefined;
}

export function addElect(program: Command, context: Context): void {
  program
    .command("elect")
    .summary("run a command while leading")
    .description(
      "Stand for election, wait until it is won, and run a command while leading. If leadership is lost, the command " +
        "gets SIGTERM before another candidate can lead, and the exit code is 4.",
    )
    .argument("<name>", "", name)
    .argument("[command...]", "behind --")
    .option("--value <value>", "what the leader says of itself, such as its address")
    .option(
      "--ttl <duration>",
      "how soon others can lead should this machine die (default: 10s)",
      duration,
    )
    .option("--wait <duration>", "for how long to stand (default: until it is won)", duration)
    .option("--candidate <name>", "who stands, for others to see; the same name takes over")
    .option("--show", "say who leads")
    .option("--observe", "say who leads, and each new leader, until Ctrl-C")
    .addHelpText(
      "after",
      `${examples('elect scheduler --value \'{"url":"http://10.0.0.7"}\' -- node scheduler.js', "elect scheduler --show", "elect scheduler --observe")}
The command's environment has HOLDFAST_ELECTION, and what that of \`lock\` has.
`,
    )
    .action((election, command, options) => run(context, election, command, options));
}

async function run(
  context: Context,
  election: string,
  command: readonly string[],
  { ttl: ttlMs, wait: waitMs, candidate = context.io.self(), value, ...looks }: Options,
): Promise<void> {
  if (looks.show === true) return show(context, election);
  if (looks.observe === true) return observe(context, election);
  if (command.length === 0) {
    throw new UsageError(
      `what is to run while leading? holdfast elect ${inLine(election)} -- COMMAND; or --show`,
    );
  }
  const holding = await context.connect({ outlastsSignals: true }).elections.campaign(election, {
    ...{ ttlMs, waitMs, candidate },
    value: value === undefined ? null : (jsonIn(new TextEncoder().encode(value)) ?? value),
    signal: context.io.interrupted,
  });
  const held = {
    holding,
    what: `election ${inLine(election)}`,
    env: { HOLDFAST_ELECTION: election },
  };
  context.exitCode = await runWhileHeld(context, held, command);
}

async function show(context: Context, name: string): Promise<void> {
  const leader = await context.connect().elections.get(name);
  if (leader === null) context.exitCode = NOT_FOUND;
  if (context.wantsJson) return context.printJson(leader);
  await context.print(leader === null ? `nobody leads ${inLine(name)}\n` : leaderText(leader));
}

async function observe(context: Context, name: string): Promise<void> {
  for await (const leader of context.connect().elections.observe(name)) {
    if (context.wantsJson) await context.printJson(leader);
    else await context.print(leaderText(leader));
  }
}

function leaderText({ name, candidate, token, value, expiresAt }: Leader<unknown>): string {
  const says = value === null ? "" : `; it says ${inLine(JSON.stringify(value))}`;
  const until = `until ${expiresAt} unless renewed`;
  return `${inLine(name)} is led by ${inLine(candidate)} under token ${token}, ${until}${says}\n`;
}
