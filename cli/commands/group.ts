/** `holdfast group NAME`. */
import type { Command } from "@commander-js/extra-typings";
import type { Group, Region } from "../../client/index.ts";
import { name } from "../argument-values.ts";
import type { Context } from "../context.ts";
import { examples } from "../help.ts";
import { counted, time } from "../show/receipt.ts";
import { styled } from "../show/style.ts";
import { table } from "../show/table.ts";
import { inLine } from "../show/text.ts";

export function addGroup(program: Command, context: Context): void {
  program
    .command("group")
    .summary("the leader, members and replicas of a group")
    .description(
      "Say how a group stands: who leads it, how far its members and replicas are, and which transactions are in doubt. " +
        "A key with {tag} in it belongs to the group of that tag, any other key to the group of its own name.",
    )
    .argument("<group>", "", name)
    .option("--hand-over <region>", "have the member in this region lead")
    .addHelpText("after", examples("group users/42", "group cart-9 --hand-over weur"))
    .action((group, { handOver }) =>
      handOver === undefined ? show(context, group) : lead(context, group, handOver),
    );
}

async function lead(context: Context, group: string, region: string): Promise<void> {
  // Which regions there are, the service says.
  const led = await context.connect().groups.handOver(group, region as Region);
  if (context.wantsJson) return context.printJson(led);
  await context.print(`${inLine(led.group)} is led from ${led.leader}\n`);
}

async function show(context: Context, name: string): Promise<void> {
  const group = await context.connect().groups.get(name);
  if (context.wantsJson) return context.printJson(group);
  await context.print(`${linesOf(context, group).join("\n")}\n`);
}

function linesOf(
  { io: { out } }: Context,
  { group, term, leader, leaseMs, members, replicas, inDoubt }: Group,
): readonly string[] {
  const lines = [
    `${styled(out, "bold", inLine(group))} is led from ${leader} in term ${term}, its lease has ${time(leaseMs)} left`,
    "",
    table(
      out,
      [
        { title: "member" },
        { title: "role" },
        { title: "last", isNumber: true },
        { title: "committed", isNumber: true },
        { title: "reachable" },
      ],
      members.map(({ region, role, lastIndex, commitIndex, reachable }) => [
        region,
        role,
        String(lastIndex),
        String(commitIndex),
        reachable ? "yes" : "no",
      ]),
    ),
  ];
  if (replicas.length > 0) {
    lines.push(
      table(
        out,
        [{ title: "replica" }, { title: "index", isNumber: true }, { title: "behind" }],
        replicas.map(({ region, index, lagMs }) => [
          region,
          String(index),
          lagMs === 0 ? "no" : time(lagMs),
        ]),
      ),
    );
  }
  if (inDoubt.length === 0) return [...lines, "no transaction is in doubt"];
  const rows = inDoubt.map(({ id, attempt, ageMs, keys }) => [
    id,
    String(attempt),
    time(ageMs),
    keys.join(" "),
  ]);
  const columns = [
    { title: "in doubt" },
    { title: "try", isNumber: true },
    { title: "age" },
    { title: "keys" },
  ];
  return [
    ...lines,
    `${counted(inDoubt.length, "transaction")} in doubt`,
    table(out, columns, rows).trimEnd(),
  ];
}
