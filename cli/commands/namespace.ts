/** `holdfast namespace [NAME]`. */
import type { Command } from "@commander-js/extra-typings";
import type { Namespace, Region, ShownNamespace } from "../../client/index.ts";
import { duration, list } from "../argument-values.ts";
import type { Context } from "../context.ts";
import { examples } from "../help.ts";
import { time } from "../show/receipt.ts";
import { table } from "../show/table.ts";
import { UsageError } from "../usage-error.ts";

interface Options {
  readonly create?: true | undefined;
  readonly regions?: readonly string[] | undefined;
  readonly replicaRegions?: readonly string[] | undefined;
  readonly history?: number | undefined;
}

export function addNamespace(program: Command, context: Context): void {
  program
    .command("namespace")
    .alias("ns")
    .summary("show or create a namespace")
    .description(
      "Show a namespace's settings and how far its replicas are; with --create, make it.",
    )
    .argument(
      "[name]",
      "the one that --namespace or the environment names, unless another is given",
    )
    .option("--create", "make it; this takes the root token")
    .option(
      "--regions <regions>",
      "one, three or five, for ever; the first leads what is new",
      list,
    )
    .option("--replica-regions <regions>", "where replicas are", list)
    .option("--history <duration>", "for how long keys can be read as they were", duration)
    .addHelpText(
      "after",
      examples(
        "namespace",
        "namespace shop --create --regions weur,eeur,enam --replica-regions weur,enam,apac",
      ),
    )
    .action((name, options) => run(context, name, options));
}

async function run(
  context: Context,
  given: string | undefined,
  { create, regions, replicaRegions, history: historyMs }: Options,
): Promise<void> {
  const holdfast = context.connect();
  const name = given ?? holdfast.name;
  if (create !== true) {
    if (regions !== undefined || replicaRegions !== undefined || historyMs !== undefined) {
      throw new UsageError("--regions, --replica-regions and --history go with --create");
    }
    return show(context, await holdfast.namespaces.get(name));
  }
  // Which regions there are, the service says.
  const settings = {
    ...(regions !== undefined && { regions: regions as Region[] }),
    ...(replicaRegions !== undefined && { replicaRegions: replicaRegions as Region[] }),
    ...(historyMs !== undefined && { historyMs }),
  };
  return show(context, await holdfast.namespaces.create(name, settings));
}

async function show(context: Context, namespace: Namespace | ShownNamespace): Promise<void> {
  if (context.wantsJson) return context.printJson(namespace);
  const { name, regions, replicaRegions, historyMs } = namespace;
  await context.print(
    `${name}: regions ${regions.join(", ")}; replicas in ${replicaRegions.join(", ")}; history of ${time(historyMs)}\n`,
  );
  if (!("replicas" in namespace)) return;
  const rows = namespace.replicas.map(({ region, groups, lagMs, filled }) => [
    region,
    String(groups),
    lagMs === null ? "-" : lagMs === 0 ? "no" : time(lagMs),
    filled ? "yes" : "not yet",
  ]);
  const columns = [
    { title: "replica" },
    { title: "groups", isNumber: true },
    { title: "behind" },
    { title: "whole" },
  ];
  await context.print(`\n${table(context.io.out, columns, rows)}`);
}
