/**
 * Whether a history of transactions is strictly serializable, and if not, by which cycle of what had to come before
 * what.
 *
 * Sources: Adya 1999 ("Weak Consistency: A Generalized Theory and Optimistic Implementations"), whose phenomena
 * these are: G0 by writes alone, G1c with reads, G-single with one read that was overtaken, G2 with several; and
 * Kingsbury & Alvaro 2020, from whom the "-realtime" is that says that serializability would hold without clocks.
 */
import { type Dependencies, type Dependency, inferDependencies } from "./dependencies.ts";
import { type Allowed, cyclicComponents, type Edge, shortest, shortestPath } from "./graph.ts";
import { type Anomaly, describeTransaction, type ObservedTransaction } from "./history.ts";
import { inferVersions, type ReadAnomaly } from "./versions.ts";

type Phenomenon = "G0" | "G1c" | "G-single" | "G2";

export type CycleAnomaly = Phenomenon | `${Phenomenon}-realtime`;

/** Everything that is wrong: the wrong reads, and one cycle for each knot of transactions. */
export function findAnomalies(
  history: readonly ObservedTransaction[],
): Anomaly<ReadAnomaly | CycleAnomaly>[] {
  const versions = inferVersions(history);
  const graph = inferDependencies(history, versions);
  const nodes = Array.from({ length: graph.size }, (_, node) => node);
  const knots = cyclicComponents(graph, nodes, () => true);
  return [...versions.anomalies, ...knots.map((knot) => explain(graph, knot, history))];
}

interface Search {
  readonly name: CycleAnomaly;
  readonly types: readonly Dependency["type"][];
  /** Whether there is to be exactly one read-write dependency besides the types. */
  readonly single: boolean;
}

/** From the worst to the mildest, so that what is found first has a name that says all. */
const SEARCHES: readonly Search[] = [
  { name: "G0", types: ["ww"], single: false },
  { name: "G1c", types: ["ww", "wr"], single: false },
  { name: "G-single", types: ["ww", "wr"], single: true },
  { name: "G2", types: ["ww", "wr", "rw"], single: false },
  { name: "G0-realtime", types: ["ww", "rt"], single: false },
  { name: "G1c-realtime", types: ["ww", "wr", "rt"], single: false },
  { name: "G-single-realtime", types: ["ww", "wr", "rt"], single: true },
  { name: "G2-realtime", types: ["ww", "wr", "rw", "rt"], single: false },
];

function explain(
  graph: Dependencies,
  knot: readonly number[],
  history: readonly ObservedTransaction[],
): Anomaly<CycleAnomaly> {
  const inside = new Set(knot);
  for (const { name, types, single } of SEARCHES) {
    const allowed: Allowed<Dependency> = ({ to, label }) =>
      inside.has(to) && (label === null || types.includes(label.type));
    const cycle = single
      ? cycleWithOneOvertaken(graph, knot, allowed, inside)
      : anyCycle(graph, knot, allowed);
    if (cycle !== null) return { name, detail: describeCycle(cycle, history) };
  }
  throw new Error("a knot has no cycle");
}

type Cycle = Edge<Dependency>[];

/** Nothing comes before itself, so a cycle has two transactions at least. */
const LEAST_LENGTH = 2;

function anyCycle(
  graph: Dependencies,
  knot: readonly number[],
  allowed: Allowed<Dependency>,
): Cycle | null {
  const nodes = cyclicComponents(graph, knot, allowed).flat();
  return shortest(
    nodes,
    (node, lengthMax) => shortestPath(graph, node, node, allowed, lengthMax),
    LEAST_LENGTH,
  );
}

function cycleWithOneOvertaken(
  graph: Dependencies,
  knot: readonly number[],
  allowed: Allowed<Dependency>,
  inside: ReadonlySet<number>,
): Cycle | null {
  const overtaken = knot.flatMap((node) =>
    graph.from(node).filter(({ to, label }) => label?.type === "rw" && inside.has(to)),
  );
  return shortest(
    overtaken,
    (edge, lengthMax) => {
      const back = shortestPath(graph, edge.to, edge.from, allowed, lengthMax - 1);
      return back === null ? null : [edge, ...back];
    },
    LEAST_LENGTH,
  );
}

/** One labelled edge, and where it leads past the nodes that stand between. */
interface Link {
  readonly from: ObservedTransaction;
  readonly to: ObservedTransaction;
  readonly why: Dependency;
}

function describeCycle(cycle: Cycle, history: readonly ObservedTransaction[]): string {
  const links = linksOf(cycle, history);
  return [
    "none of these can be the first:",
    ...links.map(({ from }) => `  ${describeTransaction(from)}`),
    ...links.map((link) => `  ${link.from.name} before ${link.to.name}: ${reasonOf(link)}`),
  ].join("\n");
}

function linksOf(cycle: Cycle, history: readonly ObservedTransaction[]): Link[] {
  // A cycle was perhaps found from the middle of a link: let it begin with a transaction.
  const start = cycle.findIndex(({ from }) => from < history.length);
  const turned = [...cycle.slice(start), ...cycle.slice(0, start)];
  const links: Link[] = [];
  let begun: { readonly from: ObservedTransaction; readonly why: Dependency } | null = null;
  for (const { from, to, label } of turned) {
    const before = history[from];
    if (before !== undefined && label !== null) begun = { from: before, why: label };
    const after = history[to];
    if (after === undefined || begun === null) continue;
    links.push({ ...begun, to: after });
    begun = null;
  }
  return links;
}

function reasonOf({ from, to, why }: Link): string {
  switch (why.type) {
    case "ww":
      return `to ${why.key} it appended ${why.before}, and ${to.name} ${what(why.after)} behind it (ww)`;
    case "wr":
      return `it appended ${why.value} to ${why.key}, which ${to.name} read (wr)`;
    case "rw": {
      const seen = why.seen === null ? "empty" : `only up to ${why.seen}`;
      return `it read ${why.key} ${seen}, and ${to.name} appended ${what(why.after)} behind that (rw)`;
    }
    case "rt":
      return `it returned at ${from.returnedAt.toFixed(1)}, and ${to.name} was called at ${to.invokedAt.toFixed(1)} (rt)`;
  }
}

const what = (value: string | null): string => value ?? "what nobody read";
