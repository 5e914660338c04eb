/**
 * Serves the shop at http://localhost:8788, on the Workers runtime. Wants `npm start` running, and finds it as Workers on
 * one machine find each other: by the service binding's name. What follows `--` goes to `wrangler dev`.
 */
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { localEnvironment } from "../../scripts/local-environment.ts";

const given = process.argv.slice(2);
const port = given.some((argument) => /^--port(=|$)/.test(argument)) ? [] : ["--port", "8788"];

const wrangler = spawn(
  process.execPath,
  [
    "--no-warnings",
    createRequire(import.meta.url).resolve("wrangler"),
    ...["dev", "--config", fileURLToPath(new URL("wrangler.toml", import.meta.url))],
    // Of `npm start`.
    ...["--var", "HOLDFAST_TOKEN:dev"],
    ...[...port, "--show-interactive-dev-session=false", ...given],
  ],
  { env: { ...process.env, ...localEnvironment }, stdio: "inherit" },
);

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => void wrangler.kill("SIGTERM"));
}
wrangler.on("exit", (code) => {
  process.exitCode = code ?? 0;
});
