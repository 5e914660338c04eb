/**
 * Directed graphs, as far as finding a short cycle needs them.
 *
 * Sources: Tarjan 1972 for strongly connected components, here with a stack of its own rather than recursion, since
 * histories have thousands of nodes in a row; breadth-first search for shortest paths.
 */

export interface Edge<Label> {
  readonly from: number;
  readonly to: number;
  /** Null leads on from a node that only stands between others, and adds nothing to a path's length. */
  readonly label: Label | null;
}

/** Which edges a search may use. */
export type Allowed<Label> = (edge: Edge<Label>) => boolean;

/** Edges from a node to itself have no place in it: no search here would find them. */
export class Graph<Label> {
  readonly #out: Edge<Label>[][] = [];

  get size(): number {
    return this.#out.length;
  }

  addNode(): number {
    return this.#out.push([]) - 1;
  }

  addEdge(from: number, to: number, label: Label | null): void {
    if (from === to) throw new Error(`node ${from} would precede itself`);
    this.from(from).push({ from, to, label });
  }

  from(node: number): Edge<Label>[] {
    const edges = this.#out[node];
    if (edges === undefined) throw new Error(`there is no node ${node}`);
    return edges;
  }
}

/** The components with a cycle in them, each as its nodes. */
export function cyclicComponents<Label>(
  graph: Graph<Label>,
  nodes: Iterable<number>,
  allowed: Allowed<Label>,
): number[][] {
  const UNSEEN = -1;
  const order = new Int32Array(graph.size).fill(UNSEEN);
  const low = new Int32Array(graph.size);
  const open = new Uint8Array(graph.size);
  const stack: number[] = [];
  const components: number[][] = [];
  let count = 0;
  const enter = (node: number, path: Visit<Label>[]): void => {
    order[node] = low[node] = count;
    count += 1;
    open[node] = 1;
    stack.push(node);
    path.push({ node, edges: graph.from(node), next: 0 });
  };
  for (const root of nodes) {
    if (order[root] !== UNSEEN) continue;
    const path: Visit<Label>[] = [];
    enter(root, path);
    for (let visit = path.at(-1); visit !== undefined; visit = path.at(-1)) {
      const { node } = visit;
      const edge = visit.edges[visit.next];
      if (edge !== undefined) {
        visit.next += 1;
        if (!allowed(edge)) continue;
        if (order[edge.to] === UNSEEN) enter(edge.to, path);
        else if (open[edge.to] === 1) lower(low, node, at(order, edge.to));
        continue;
      }
      path.pop();
      const parent = path.at(-1);
      if (parent !== undefined) lower(low, parent.node, at(low, node));
      if (low[node] !== order[node]) continue;
      const component = stack.splice(stack.lastIndexOf(node));
      for (const member of component) open[member] = 0;
      if (component.length > 1) components.push(component);
    }
  }
  return components;
}

interface Visit<Label> {
  readonly node: number;
  readonly edges: readonly Edge<Label>[];
  next: number;
}

function at(array: Int32Array, index: number): number {
  return array[index] ?? 0;
}

function lower(array: Int32Array, index: number, value: number): void {
  if (value < at(array, index)) array[index] = value;
}

/**
 * A path of at least one edge and at most `lengthMax` labelled ones, of which there are as few as possible; null
 * where there is none. From a node to itself it is the shortest cycle there.
 */
export function shortestPath<Label>(
  graph: Graph<Label>,
  from: number,
  to: number,
  allowed: Allowed<Label>,
  lengthMax: number = Number.POSITIVE_INFINITY,
): Edge<Label>[] | null {
  const reached = new Map<number, { readonly length: number; readonly by: Edge<Label> }>();
  let level = [from];
  for (let length = 0; level.length > 0 && length <= lengthMax; length++) {
    const next: number[] = [];
    // Edges without a label lead to more of the same level, while it is walked.
    for (const node of level) {
      const best = reached.get(node)?.length;
      if (best !== undefined && best < length) continue;
      if (node === to && best !== undefined)
        return trace(from, to, (each) => reached.get(each)?.by);
      for (const edge of graph.from(node)) {
        if (!allowed(edge)) continue;
        const here = edge.label === null ? length : length + 1;
        if (here >= (reached.get(edge.to)?.length ?? Number.POSITIVE_INFINITY)) continue;
        reached.set(edge.to, { length: here, by: edge });
        (edge.label === null ? level : next).push(edge.to);
      }
    }
    level = next;
  }
  return null;
}

function trace<Label>(
  from: number,
  to: number,
  into: (node: number) => Edge<Label> | undefined,
): Edge<Label>[] {
  const path: Edge<Label>[] = [];
  let node = to;
  do {
    const edge = into(node);
    if (edge === undefined) throw new Error(`no way leads to node ${node}`);
    path.push(edge);
    node = edge.from;
  } while (node !== from);
  return path.reverse();
}

/** How many labelled edges a path has. */
export function lengthOf<Label>(path: readonly Edge<Label>[]): number {
  return path.filter(({ label }) => label !== null).length;
}

/** Once a path is found, so many more are tried for a shorter one: a report has to be short, not shortest. */
const TRIES_MAX = 200;

/** A short path among those that the attempts find, each given how long it may be; null where none finds any. */
export function shortest<Label, Attempt>(
  attempts: Iterable<Attempt>,
  find: (attempt: Attempt, lengthMax: number) => Edge<Label>[] | null,
  /** No path can be shorter than this. */
  leastLength: number,
): Edge<Label>[] | null {
  let best: { readonly path: Edge<Label>[]; readonly length: number } | null = null;
  let tries = 0;
  for (const attempt of attempts) {
    const path = find(attempt, (best?.length ?? Number.POSITIVE_INFINITY) - 1);
    if (path !== null) best = { path, length: lengthOf(path) };
    if (best !== null) tries += 1;
    if (best !== null && (best.length <= leastLength || tries > TRIES_MAX)) break;
  }
  return best?.path ?? null;
}
