// Completes package-lock.json with the packages for other platforms. npm leaves an optional package
// out of the lock file when the registry it asked has no copy, and then `npm ci` refuses the lock
// file on a machine whose registry has one, or installs no binary there. The entries are added with
// their exact version and platform; npm fetches them where they are wanted.
//
//     node scripts/complete-lock.mjs           adds what is missing
//     node scripts/complete-lock.mjs --check   fails where something is missing
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/**
 * @typedef {object} LockEntry
 * @property {string} [version]
 * @property {string} [resolved]
 * @property {string[]} [cpu]
 * @property {boolean} [dev]
 * @property {string[]} [libc]
 * @property {string} [license]
 * @property {boolean} [link]
 * @property {boolean} [optional]
 * @property {string[]} [os]
 * @property {Record<string, string>} [optionalDependencies]
 */

const lockFile = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../package-lock.json");
const publicRegistry = "https://registry.npmjs.org/";

const systems = new Map(
  ["aix", "android", "darwin", "freebsd", "linux", "netbsd", "openbsd", "openharmony", "sunos"]
    .concat("win32")
    .map((name) => [name, name]),
).set("windows", "win32");
const processors = new Map(
  ["arm", "arm64", "ia32", "loong64", "mips64el", "ppc64", "riscv64", "s390x", "x64"].map(
    (name) => [name, name],
  ),
).set("64", "x64");
const libraries = new Map([
  ["gnu", "glibc"],
  ["musl", "musl"],
]);

/**
 * The platform that a package's name stands for: `@cloudflare/workerd-darwin-64`.
 * @param {string} name
 */
function platformOf(name) {
  const words = name.split(/[/-]/);
  /** @param {Map<string, string>} known */
  const find = (known) => {
    const word = words.findLast((candidate) => known.has(candidate));
    return word === undefined ? undefined : known.get(word);
  };
  const os = find(systems);
  const cpu = find(processors);
  if (os === undefined || cpu === undefined) {
    throw new Error(`The platform of ${name} does not follow from its name: add it by hand.`);
  }
  return { os, cpu, libc: find(libraries) };
}

/**
 * Where npm's resolution finds `name` for the package at `from`.
 * @param {Record<string, LockEntry>} packages
 * @param {string} from
 * @param {string} name
 */
function isLocked(packages, from, name) {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf("node_modules/") - 1))) {
    if (packages[`${at === "" ? "" : `${at}/`}node_modules/${name}`] !== undefined) return true;
    if (at === "") return false;
  }
}

/**
 * The entries that are missing, by their place in the lock file.
 * @param {Record<string, LockEntry>} packages
 * @returns {Record<string, LockEntry>}
 */
function missingFrom(packages) {
  /** @type {Record<string, LockEntry>} */
  const missing = {};
  for (const [place, owner] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(owner.optionalDependencies ?? {})) {
      if (isLocked(packages, place, name)) continue;
      if (!/^\d+\.\d+\.\d+/.test(version)) {
        throw new Error(`${name}@${version} is not an exact version: add it by hand.`);
      }
      const { os, cpu, libc } = platformOf(name);
      // The fields in npm's own order, so that npm does not rewrite the entry.
      missing[`node_modules/${name}`] = {
        version,
        cpu: [cpu],
        ...(owner.dev ? { dev: true } : {}),
        ...(libc === undefined ? {} : { libc: [libc] }),
        ...(owner.license === undefined ? {} : { license: owner.license }),
        optional: true,
        os: [os],
      };
    }
  }
  return missing;
}

/**
 * Packages that the lock file would fetch from somewhere else than the public registry. Those of this
 * project itself are links, and not fetched.
 * @param {Record<string, LockEntry>} packages
 */
function foreign(packages) {
  return Object.entries(packages)
    .filter(
      ([, entry]) => entry.resolved && !entry.link && !entry.resolved.startsWith(publicRegistry),
    )
    .map(([place, entry]) => `${place} is fetched from ${entry.resolved}`);
}

const lock = JSON.parse(readFileSync(lockFile, "utf8"));
const missing = missingFrom(lock.packages);
const faults = foreign(lock.packages);

if (process.argv.includes("--check")) {
  faults.push(...Object.keys(missing).map((place) => `${place} is missing`));
} else if (Object.keys(missing).length > 0) {
  const entries = Object.entries({ ...lock.packages, ...missing });
  // npm's own order.
  entries.sort(([a], [b]) => a.localeCompare(b, "en"));
  lock.packages = Object.fromEntries(entries);
  writeFileSync(lockFile, `${JSON.stringify(lock, null, 2)}\n`);
  for (const place of Object.keys(missing)) console.log(`added ${place}`);
}
if (faults.length > 0) {
  console.error(["package-lock.json is not complete:", ...faults].join("\n  "));
  console.error("Run `npm run lock:complete`.");
  process.exit(1);
}
