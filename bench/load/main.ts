// The load process: does the jobs it is sent, one after the other, until its parent lets go.
// It is apart from the harness, so that what one does is not in the other's way.
import { generate } from "./generate.ts";
import type { LoadJob } from "./job.ts";

process.on("message", async (job: LoadJob) => {
  process.send?.(await generate(job));
});
process.on("disconnect", () => process.exit());
