/**
 * Which transaction has to come before which, and why.
 *
 * Sources: Adya 1999 §3.1 for the three kinds of dependency; Kingsbury & Alvaro 2020 §4.3 for inferring them from
 * lists, and §5.1 for real time. Only what is certain becomes an edge. Conversely any order of the transactions that
 * respects all edges is a serial execution with these very reads, if no read is wrong by itself: so a history is
 * strictly serializable exactly if the graph has no cycle.
 */
import { Graph } from "./graph.ts";
import type { ObservedTransaction } from "./history.ts";
import type { Append, KeyVersions, Versions } from "./versions.ts";

export type Dependency =
  /** Write-write: the second's version follows the first's; `after` is null where nobody read the second's. */
  | {
      readonly type: "ww";
      readonly key: string;
      readonly before: string;
      readonly after: string | null;
    }
  /** Write-read: the second read the first's version. */
  | { readonly type: "wr"; readonly key: string; readonly value: string }
  /** Read-write: the first did not see the second's version; `after` is null where nobody did. */
  | {
      readonly type: "rw";
      readonly key: string;
      readonly seen: string | null;
      readonly after: string | null;
    }
  /** Real time: the first returned before the second was called. */
  | { readonly type: "rt" };

/**
 * The nodes 0 to n − 1 are the history's transactions. Others only join what would else be edges from many to many.
 */
export type Dependencies = Graph<Dependency>;

export function inferDependencies(
  history: readonly ObservedTransaction[],
  { keys, counted }: Versions,
): Dependencies {
  const graph: Dependencies = new Graph();
  for (const _ of history) graph.addNode();
  for (const versions of keys) {
    addWritesAndReads(graph, versions);
    addUnread(graph, versions);
  }
  addRealTime(graph, history, counted);
  return graph;
}

/** Between versions whose places are known. */
function addWritesAndReads(graph: Dependencies, { key, order, reads }: KeyVersions): void {
  /** For each length of the list, the version that it ends with and the one that ends it. */
  const previous: (Append | null)[] = [null];
  for (const append of order) previous.push(append ?? previous.at(-1) ?? null);
  const next: (Append | null)[] = order.concat(null);
  for (let at = order.length - 1; at >= 0; at--) next[at] ??= next[at + 1] ?? null;

  for (const [at, after] of order.entries()) {
    const before = previous[at] ?? null;
    if (before === null || after === null || before.author === after.author) continue;
    const label = { type: "ww", key, before: before.value, after: after.value } as const;
    graph.addEdge(before.author, after.author, label);
  }
  for (const { reader, length } of reads) {
    const seen = previous[length] ?? null;
    const missed = next[length] ?? null;
    if (seen !== null && seen.author !== reader) {
      graph.addEdge(seen.author, reader, { type: "wr", key, value: seen.value });
    }
    if (missed !== null && missed.author !== reader) {
      const [before, after] = [seen?.value ?? null, missed.value];
      graph.addEdge(reader, missed.author, { type: "rw", key, seen: before, after });
    }
  }
}

/** What nobody read comes after all that somebody read, and after those reads. */
function addUnread(graph: Dependencies, { key, order, reads, unread }: KeyVersions): void {
  const authors = [...new Set(unread.map(({ author }) => author))];
  const places = new Map(authors.map((author, place) => [author, place]));
  const upwards = addChain(graph, authors);
  const downwards = addChain(graph, authors.toReversed());
  const add = (from: number, label: Dependency): void => {
    // One that is itself among those that nobody read must not come before itself: only before those on either side.
    const place = places.get(from);
    const junctions =
      place === undefined ? [upwards[0]] : [upwards[place + 1], downwards[authors.length - place]];
    for (const to of junctions) if (to !== undefined) graph.addEdge(from, to, label);
  };
  const last = order.findLast((append) => append !== null) ?? null;
  const known = order.findLastIndex((append) => append !== null) + 1;
  if (last !== null) add(last.author, { type: "ww", key, before: last.value, after: null });
  for (const { reader, length } of reads) {
    if (length >= known) add(reader, { type: "rw", key, seen: last?.value ?? null, after: null });
  }
}

/** Nodes of which each leads to the target at its place and to all behind it. */
function addChain(graph: Dependencies, targets: readonly number[]): number[] {
  const chain = targets.map(() => graph.addNode());
  for (const [place, target] of targets.entries()) {
    const [node, next] = [chain[place], chain[place + 1]];
    if (node === undefined) break;
    graph.addEdge(node, target, null);
    if (next !== undefined) graph.addEdge(node, next, null);
  }
  return chain;
}

/**
 * Along the returns in order of time there is a chain of nodes. A transaction leads to the node of its own return,
 * and the node of the last return before its call leads to it: so one leads to another exactly if it returned
 * strictly before the other was called, with as many edges as there are transactions, thrice.
 */
function addRealTime(
  graph: Dependencies,
  history: readonly ObservedTransaction[],
  counted: readonly boolean[],
): void {
  const all = [...history.entries()].filter(([number]) => counted[number]);
  // Where nobody knows whether it was committed, it may have been at any time since its call.
  const returns = all.filter(
    ([, { fate, returnedAt }]) => fate === "committed" && returnedAt < Infinity,
  );
  returns.sort(([, a], [, b]) => a.returnedAt - b.returnedAt);
  const calls = all.toSorted(([, a], [, b]) => a.invokedAt - b.invokedAt);
  let latest: number | null = null;
  let passed = 0;
  for (const [number, { invokedAt }] of calls) {
    for (;;) {
      const [returned, { returnedAt }] = returns[passed] ?? [null, { returnedAt: Infinity }];
      if (returned === null || returnedAt >= invokedAt) break;
      passed += 1;
      const node = graph.addNode();
      graph.addEdge(returned, node, { type: "rt" });
      if (latest !== null) graph.addEdge(latest, node, null);
      latest = node;
    }
    if (latest !== null) graph.addEdge(latest, number, null);
  }
}
