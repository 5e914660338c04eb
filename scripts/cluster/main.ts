// `npm run cluster`: each region a process of its own on this machine, one edge in front. Ctrl-C stops all;
// lines typed meanwhile kill, stop and restart single regions (commands.ts).
import { createInterface } from "node:readline";
import { buildAssets } from "../build-assets.ts";
import { Cluster, type ClusterOptions } from "./cluster.ts";
import { command, commandsHelp, describe } from "./commands.ts";
import { options, UsageError, usage } from "./options.ts";

try {
  const chosen = options(process.argv.slice(2));
  if (chosen === "help") console.log(usage);
  else await run(chosen);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\n\n${usage}`);
  process.exitCode = 2;
}

async function run(chosen: ClusterOptions): Promise<void> {
  // The Worker's configuration names their folder, so it has to exist before the Worker is bundled.
  await buildAssets();
  const cluster = await Cluster.start(chosen);
  console.log(`
  Holdfast           ${cluster.url}
  Development token  ${cluster.token}
  Data               ${chosen.folder}

  edge               pid ${cluster.pid()}
${describe(cluster)}

${commandsHelp}
`);
  let closing = false;
  const close = () => {
    // The terminal and npm each send the signal, and the second one must not cut short what the first began.
    if (closing) return;
    closing = true;
    cluster.close().then(() => process.exit(0));
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, close);
  for await (const line of createInterface({ input: process.stdin })) {
    console.log(await command(cluster, line));
  }
}
