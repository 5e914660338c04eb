// Five kinds of test, a project each: `unit` in Node, `hunt` for planted mistakes, `workerd` inside the Workers
// runtime, `interrupted` there too, with objects that call one another over a network of the test, `process` against
// real processes. With CI set, the totals also go to dist/test-report.json.
import path from "node:path";
import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";
import { buildAssets } from "./scripts/build-assets.ts";
import { localEnvironment } from "./scripts/local-environment.ts";

Object.assign(process.env, localEnvironment);

// wrangler.toml names the folder of static assets, so it has to exist before workerd starts.
await buildAssets();

const insideWorkerd = "**/*.workerd.test.ts";
/** Hunts for planted mistakes: many seeds each. */
const hunts = ["sim/mistakes*.test.ts", "sim/groups.test.ts"];
/** Their Worker is not the deployed one. */
const interrupted = "test/workerd/interrupted/*.test.ts";

export default defineConfig({
  test: {
    passWithNoTests: true,
    // Vitest would leave one of two cores idle, and much of what these tests do is waiting.
    maxWorkers: 2,
    reporters: process.env["CI"] ? ["default", "json"] : ["default"],
    outputFile: { json: "dist/test-report.json" },
    projects: [
      {
        test: {
          name: "unit",
          environment: "node",
          include: [
            "{shared,durable-objects,worker,sim,client,cli,bench,scripts}/**/*.test.ts",
            "test/{golden,conformance,property}/**/*.test.ts",
          ],
          exclude: [insideWorkerd, ...hunts],
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: "hunt",
          environment: "node",
          include: hunts,
          testTimeout: 120_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: {
              bindings: { HOLDFAST_ROOT_TOKEN: "dev", HOLDFAST_DEV: "1" },
            },
          }),
        ],
        // The examples import the client as users do; here that is its source, not a package that was built.
        resolve: { alias: { "@holdfast/client": path.resolve("client/index.ts") } },
        test: {
          name: "workerd",
          include: [
            "test/{workerd,http}/**/*.test.ts",
            "examples/**/*.test.ts",
            `{worker,durable-objects}/${insideWorkerd}`,
          ],
          exclude: [interrupted],
          testTimeout: 20_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        plugins: [
          cloudflareTest({
            main: "./test/workerd/interrupted/worker.ts",
            wrangler: { configPath: "./wrangler.toml" },
          }),
        ],
        test: {
          name: "interrupted",
          include: [interrupted],
          testTimeout: 20_000,
          // They wait for disks more than they compute.
          maxWorkers: 3,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: "process",
          environment: "node",
          include: ["test/{cluster,cli}/**/*.test.ts"],
          // Each file starts its own processes: one after the other, when the other projects are
          // done, keeps their timing honest.
          fileParallelism: false,
          sequence: { groupOrder: 3 },
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
