#!/usr/bin/env node
// `holdfast`, on whatever Node (20 or newer) `npx` or a shell found: installs what is missing, and hands over to this
// project's own Node where that one cannot run TypeScript. What the command prints must be its own, so an
// installation reports on standard error.
import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");

// `npm run cli` starts in the project's folder; files are meant from where it was called.
const calledFrom = process.env["INIT_CWD"];
if (process.env["npm_lifecycle_event"] === "cli" && calledFrom) process.chdir(calledFrom);

if (!existsSync(path.join(root, "node_modules/commander"))) {
  const script = path.join(root, "scripts/ensure-installed.mjs");
  // On this very Node: the project's own may be about to be installed.
  const { status } = spawnSync(process.execPath, [script], { stdio: ["ignore", 2, 2] });
  if (status !== 0) process.exit(status ?? 1);
}

if ("typescript" in process.features && process.features.typescript) {
  await import("./main.ts");
} else {
  const bin = path.join(root, "node_modules/node/bin");
  const node = path.join(bin, process.platform === "win32" ? "node.exe" : "node");
  const main = path.join(root, "cli/main.ts");
  const child = spawn(node, [main, ...process.argv.slice(2)], { stdio: "inherit" });
  /** @type {NodeJS.Signals[]} */
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const signal of signals) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    for (const each of signals) process.removeAllListeners(each);
    process.kill(process.pid, signal);
  });
}
