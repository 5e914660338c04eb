import { expect, it } from "vitest";
import { counterOf } from "./counter.ts";

const metrics = `# TYPE reads_total counter
reads_total{isolate="a",level="session"} 3
reads_total{isolate="b",level="session"} 4
reads_total{isolate="a",level="eventual"} 10
reads_total_of_others{isolate="a",level="session"} 100
`;

it("sums what all isolates have counted", () => {
  expect(counterOf(metrics, "reads_total")).toBe(17);
  expect(counterOf(metrics, 'reads_total{level="session"}')).toBe(7);
});

it("is zero where nothing was counted", () => {
  expect(counterOf(metrics, "writes_total")).toBe(0);
  expect(counterOf(metrics, 'reads_total{level="strong"}')).toBe(0);
});
