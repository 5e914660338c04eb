/** Three workers, a dozen jobs, and a leader that crashes in the middle. Wants `npm start` running. */
import { Holdfast } from "@holdfast/client";
import { ELECTION } from "./board.ts";
import { done, submit } from "./submit.ts";
import { runWorker } from "./worker.ts";

const holdfast = new Holdfast({
  url: process.env["HOLDFAST_URL"] ?? "http://localhost:8787",
  token: process.env["HOLDFAST_TOKEN"] ?? "dev",
});

const startedAt = performance.now();
const say = (text: string): void => {
  const at = ((performance.now() - startedAt) / 1000).toFixed(1).padStart(5);
  console.log(`${at} s  ${text}`);
};

const work = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const crews = ["w1", "w2", "w3"].map((name) => {
  const crash = new AbortController();
  const running = runWorker(holdfast, {
    name,
    signal: crash.signal,
    ttlMs: 2_000,
    async perform(task) {
      await work(300);
      say(`${name} did ${JSON.stringify(task)}`);
      return `by ${name}`;
    },
  });
  return { name, crash, running };
});

/** So that every run has jobs of its own. */
const run = Date.now().toString(36);
const ids = Array.from({ length: 12 }, (_, n) => `${run}-${String(n).padStart(2, "0")}`);
for (const id of ids) await submit(holdfast, id, id);
say(`${ids.length} jobs are posted`);

await Promise.race(ids.map((id) => done(holdfast, id)));
const leader = await holdfast.elections.get(ELECTION);
const victim = crews.find(({ name }) => name === leader?.candidate);
say(`${leader?.candidate} leads under token ${leader?.token}, and crashes`);
victim?.crash.abort();

const results = await Promise.all(ids.map((id) => done(holdfast, id)));
const next = await holdfast.elections.get(ELECTION);
say(`all ${results.length} jobs are done; ${next?.candidate} leads under token ${next?.token}`);
for (const { crash } of crews) crash.abort();
await Promise.all(crews.map(({ running }) => running));
