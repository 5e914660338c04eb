// Installs what package-lock.json names, when node_modules is missing or differs from it. Runs before
// the other scripts on whatever Node the machine has (20 or newer), so it uses nothing newer and no
// package; what follows then finds this project's own Node first on the PATH.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");

/**
 * @typedef {{ version?: string, integrity?: string, optional?: boolean }} LockEntry
 */

/**
 * @param {string} file
 * @returns {Record<string, LockEntry>}
 */
function packagesOf(file) {
  return JSON.parse(readFileSync(file, "utf8")).packages ?? {};
}

/**
 * Why node_modules does not match the lock file, or undefined where it does.
 * @returns {string | undefined}
 */
function difference() {
  const installedFile = path.join(root, "node_modules/.package-lock.json");
  if (!existsSync(installedFile)) return "nothing is installed yet";
  const installed = packagesOf(installedFile);
  const locked = packagesOf(path.join(root, "package-lock.json"));
  for (const [name, entry] of Object.entries(locked)) {
    if (name === "") continue;
    const found = installed[name];
    if (found === undefined) {
      // Packages of other platforms are locked and not installed.
      if (entry.optional) continue;
      return `${name} is missing`;
    }
    if (found.version !== entry.version) return `${name} is at ${found.version}`;
    if (entry.integrity && found.integrity !== entry.integrity) return `${name} differs`;
  }
  for (const name of Object.keys(installed)) {
    if (!(name in locked)) return `${name} is no longer wanted`;
  }
  const node = path.join(root, "node_modules/node/bin");
  if (!existsSync(path.join(node, "node")) && !existsSync(path.join(node, "node.exe"))) {
    return "the project's own Node is missing";
  }
  return undefined;
}

const reason = difference();
if (reason !== undefined) {
  console.log(`Installing the dependencies: ${reason}.`);
  // Run by the Node that runs npm itself: this one may be the project's own, about to be replaced.
  const npm = process.env["npm_execpath"];
  const args = ["ci", "--include=dev", "--include=optional", "--loglevel=error"];
  const { status } = npm
    ? spawnSync(process.env["npm_node_execpath"] ?? process.execPath, [npm, ...args], {
        cwd: root,
        stdio: ["ignore", "inherit", "inherit"],
      })
    : spawnSync("npm", args, { cwd: root, stdio: ["ignore", "inherit", "inherit"], shell: true });
  if (status !== 0) process.exit(status ?? 1);
  const still = difference();
  if (still !== undefined) {
    console.error(`After \`npm ci\`, ${still}. Are install scripts switched off (ignore-scripts)?`);
    process.exit(1);
  }
}
