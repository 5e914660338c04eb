import { describe, expect, it } from "vitest";
import type { Job, PostedJob } from "./board.ts";
import { plan } from "./plan.ts";

const job = (key: string, state: Job["state"], worker?: string): PostedJob => ({
  ...{ key, revision: 1, task: key, state },
  ...(worker !== undefined && { worker }),
});

const planned = (jobs: readonly PostedJob[], workers: readonly string[]) =>
  plan({ jobs, workers }).map(({ job: { key }, worker }) => [key, worker]);

describe("the plan", () => {
  it("gives open jobs to workers with the least to do", () => {
    const jobs = [
      job("1", "assigned", "a"),
      job("2", "queued"),
      job("3", "queued"),
      job("4", "queued"),
    ];
    expect(planned(jobs, ["a", "b"])).toEqual([
      ["2", "b"],
      ["3", "a"],
      ["4", "b"],
    ]);
  });

  it("gives nobody more than they can do", () => {
    const jobs = ["1", "2", "3", "4", "5"].map((key) => job(key, "queued"));
    expect(planned(jobs, ["a", "b"])).toHaveLength(4);
    expect(planned(jobs, [])).toEqual([]);
  });

  it("takes jobs from workers that are gone, and leaves what is done", () => {
    const jobs = [job("1", "assigned", "gone"), job("2", "done", "gone"), job("3", "done", "a")];
    expect(planned(jobs, ["a"])).toEqual([["1", "a"]]);
  });
});
