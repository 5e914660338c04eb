// `npm start`: serves Holdfast on this machine, with its state below .wrangler/ between runs. Needs no
// account and no network. What follows `--` goes to `wrangler dev`. The address is printed once
// requests are answered there, as wrangler reports it, so it is right whatever was asked for.
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { buildAssets } from "./build-assets.ts";
import { localEnvironment } from "./local-environment.ts";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const defaultPort = "8787";
/** How long wrangler may take to stop before it is killed. */
const stopMs = 5_000;
/** How often to see whether npm is still there. */
const parentCheckMs = 250;

const given = process.argv.slice(2);

/** Whether the option was given, as `--name value` or `--name=value`. */
function has(name: string): boolean {
  return given.some((argument) => argument === name || argument.startsWith(`${name}=`));
}

const tokenGiven = given.findLast((argument) => /^(--var=)?HOLDFAST_ROOT_TOKEN:/.test(argument));
const token = tokenGiven?.slice(tokenGiven.indexOf(":") + 1) ?? "dev";

const args = ["dev", "--var", `HOLDFAST_ROOT_TOKEN:${token}`, "--var", "HOLDFAST_DEV:1"];
// A port that was named and is taken is an error; without one, wrangler would choose another.
if (!has("--port")) args.push("--port", defaultPort);
args.push("--show-interactive-dev-session=false", ...given);

await buildAssets();

// Wrangler's command line itself: its launcher does not hand signals on. It reports over the IPC
// channel where it listens, whatever its log level.
const wrangler = spawn(
  process.execPath,
  ["--no-warnings", createRequire(import.meta.url).resolve("wrangler"), ...args],
  {
    cwd: root,
    env: { ...process.env, ...localEnvironment },
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  },
);

wrangler.on("message", (message) => {
  const report = JSON.parse(String(message)) as { event: string; ip: string; port: number };
  if (report.event !== "DEV_SERVER_READY") return;
  const scheme = given.some((argument) => /^(--local-protocol=)?https$/.test(argument))
    ? "https"
    : "http";
  const address = `${scheme}://${report.ip}:${report.port}`;
  console.log(`
  Holdfast           ${address}
  API reference      ${address}/docs
  Development token  ${token}

  curl -H "Authorization: Bearer ${token}" ${address}/v1/default
`);
});

let stopping = false;
function stop(): void {
  if (stopping) return;
  stopping = true;
  wrangler.kill("SIGTERM");
  setTimeout(() => wrangler.kill("SIGKILL"), stopMs).unref();
}
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, stop);
// When npm is killed outright, nobody is left to hand a signal on.
const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) stop();
}, parentCheckMs).unref();

wrangler.on("exit", (code) => {
  process.exit(stopping ? 0 : (code ?? 1));
});
