import { expect, it } from "vitest";
import { keyWorkloads } from "./keys.ts";
import { cellName, matrix } from "./matrix.ts";
import { workloads as allOf } from "./workloads.ts";

const workloads = keyWorkloads(10);
const names = (wanted: string[]) => matrix(workloads, [1, 64], wanted).map(cellName);

it("is every workload at every number of clients", () => {
  expect(names([])).toHaveLength(workloads.length * 2);
});

it("takes a workload whole, or one cell of it", () => {
  expect(names(["put"])).toEqual(["put@1", "put@64"]);
  expect(names(["get-hot@64", "put@1"])).toEqual(["put@1", "get-hot@64"]);
});

it("has a workload's own numbers of clients, unless others are asked for", () => {
  const own = (counts?: number[]) => matrix(allOf(10), counts, ["levels", "lag"]).map(cellName);
  expect(own()).toEqual(["levels@1", "levels@64", "lag@64"]);
  expect(own([16])).toEqual(["levels@16", "lag@16"]);
});

it("does not know every name", () => {
  expect(() => names(["delete"])).toThrow('no cell is named "delete"');
});
