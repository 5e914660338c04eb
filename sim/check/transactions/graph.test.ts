import { describe, expect, it } from "vitest";
import { cyclicComponents, Graph, lengthOf, shortest, shortestPath } from "./graph.ts";

function graphOf(size: number, ...edges: [number, number, (string | null)?][]): Graph<string> {
  const graph = new Graph<string>();
  for (let node = 0; node < size; node++) graph.addNode();
  for (const [from, to, label = ""] of edges) graph.addEdge(from, to, label);
  return graph;
}

const nodesOf = (graph: Graph<string>): number[] => [...Array(graph.size).keys()];
const all = () => true;
const knots = (
  graph: Graph<string>,
  allowed: Parameters<typeof cyclicComponents<string>>[2] = all,
) =>
  cyclicComponents(graph, nodesOf(graph), allowed)
    .map((nodes) => nodes.sort((a, b) => a - b))
    .sort(([a = 0], [b = 0]) => a - b);

describe("the components with a cycle", () => {
  it("are none where all leads onwards", () => {
    expect(knots(graphOf(4, [0, 1], [0, 2], [1, 3], [2, 3]))).toEqual([]);
  });

  it("are those whose nodes reach each other", () => {
    const graph = graphOf(7, [0, 1], [1, 2], [2, 0], [2, 3], [3, 4], [4, 5], [5, 4], [1, 6]);
    expect(knots(graph)).toEqual([
      [0, 1, 2],
      [4, 5],
    ]);
  });

  it("join cycles that share a node", () => {
    expect(knots(graphOf(5, [0, 1], [1, 0], [1, 2], [2, 3], [3, 1], [3, 4]))).toEqual([
      [0, 1, 2, 3],
    ]);
  });

  it("count allowed edges alone", () => {
    const graph = graphOf(3, [0, 1, "a"], [1, 2, "a"], [2, 0, "b"]);
    expect(knots(graph)).toEqual([[0, 1, 2]]);
    expect(knots(graph, ({ label }) => label === "a")).toEqual([]);
  });

  it("are found in a row of a hundred thousand nodes", () => {
    const graph = graphOf(100_000);
    for (let node = 1; node < graph.size; node++) graph.addEdge(node - 1, node, "");
    expect(knots(graph)).toEqual([]);
    graph.addEdge(graph.size - 1, 0, "");
    expect(knots(graph)[0]).toHaveLength(graph.size);
  });
});

describe("the shortest path", () => {
  const path = (graph: Graph<string>, from: number, to: number, lengthMax?: number) =>
    shortestPath(graph, from, to, all, lengthMax)?.map((edge) => [edge.from, edge.to]) ?? null;

  it("has as few edges as can be", () => {
    const graph = graphOf(5, [0, 1], [1, 2], [2, 4], [0, 3], [3, 4]);
    expect(path(graph, 0, 4)).toEqual([
      [0, 3],
      [3, 4],
    ]);
    expect(path(graph, 0, 4, 1)).toBeNull();
    expect(path(graph, 4, 0)).toBeNull();
  });

  it("does not count edges without a label", () => {
    const graph = graphOf(6, [0, 1], [1, 2, null], [2, 3, null], [3, 5, null], [0, 4], [4, 5]);
    const found = shortestPath(graph, 0, 5, all) ?? [];
    expect(found.map(({ to }) => to)).toEqual([1, 2, 3, 5]);
    expect(lengthOf(found)).toBe(1);
  });

  it("from a node to itself is a cycle", () => {
    const graph = graphOf(4, [0, 1], [1, 2], [2, 0], [1, 0], [2, 3]);
    expect(path(graph, 0, 0)).toEqual([
      [0, 1],
      [1, 0],
    ]);
    expect(path(graph, 3, 3)).toBeNull();
  });
});

it("the shortest of several attempts is kept, and none tried once it cannot be beaten", () => {
  const graph = graphOf(6, [0, 1], [1, 2], [2, 0], [3, 4], [4, 3], [4, 5], [5, 4]);
  const tried: number[] = [];
  const cycle = shortest(
    nodesOf(graph),
    (node, lengthMax) => {
      tried.push(node);
      return shortestPath(graph, node, node, all, lengthMax);
    },
    2,
  );
  expect(cycle?.map(({ from }) => from)).toEqual([3, 4]);
  expect(tried).toEqual([0, 1, 2, 3]);
});

it("no node leads to itself", () => {
  expect(() => graphOf(1, [0, 0])).toThrow("would precede itself");
});
