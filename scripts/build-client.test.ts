/** The client's package is whole by itself: it needs no other package, no platform of its own, and no file outside of it. */
import { execFileSync } from "node:child_process";
import {
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildClient, tsc } from "./build-client.ts";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const client = path.join(root, "client");
const manifest = JSON.parse(readFileSync(path.join(client, "package.json"), "utf8"));

/** Bytes of all that a browser would load, minified and compressed. */
const BUNDLE_BYTES_MAX = 12 * 1024;

let app: string;
let built: string;

beforeAll(() => {
  app = mkdtempSync(path.join(tmpdir(), "holdfast-client-"));
  const installed = path.join(app, "node_modules/@holdfast/client");
  built = path.join(installed, "dist");
  buildClient(built);
  writeFileSync(path.join(installed, "package.json"), JSON.stringify(manifest));
});

afterAll(() => {
  rmSync(app, { recursive: true, force: true });
});

const files = (extension: string) =>
  globSync(path.join(built, `**/*${extension}`)).map((file) => ({
    name: path.relative(built, file),
    text: readFileSync(file, "utf8"),
  }));

it("says the service's version and licence", () => {
  const { version, license } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
  expect(manifest).toMatchObject({ version, license });
  const licence = (folder: string) => readFileSync(path.join(folder, "LICENSE"), "utf8");
  expect(licence(client)).toBe(licence(root));
});

it("depends on nothing", () => {
  for (const kind of ["dependencies", "peerDependencies", "optionalDependencies"]) {
    expect(manifest[kind], kind).toBeUndefined();
  }
});

it.each([".js", ".d.ts"])("its %s files name nothing but one another", (extension) => {
  const all = files(extension);
  const names = new Set(all.map(({ name }) => name.replace(/\.d\.ts$/, ".js")));
  expect(all.length).toBeGreaterThan(20);
  for (const { name, text } of all) {
    for (const [, specifier = ""] of text.matchAll(/(?:from|import\()\s*"([^"]+)"/g)) {
      expect(names, `${specifier} in ${name}`).toContain(specifier.replace(/^\.\//, ""));
    }
  }
});

it("is small, for browsers too", async () => {
  const { build } = createRequire(createRequire(import.meta.url).resolve("wrangler/package.json"))(
    "esbuild",
  );
  const { outputFiles, warnings } = await build({
    entryPoints: [path.join(built, "index.js")],
    bundle: true,
    minify: true,
    format: "esm",
    // Whatever only Node has does not resolve.
    platform: "browser",
    write: false,
    logLevel: "silent",
  });
  expect(warnings).toEqual([]);
  const [{ contents, text }] = outputFiles;
  expect(text).not.toMatch(/zod|ZodError|\bprocess\.|\bBuffer\b|\bDeno\b|\brequire\(/i);
  expect(gzipSync(contents).byteLength).toBeLessThan(BUNDLE_BYTES_MAX);
});

it("runs in Node as it is", () => {
  const program = `
    import { Holdfast, HoldfastError, op, when } from "@holdfast/client";
    const fetch = async () => Response.json({ key: "a", revision: 1, created: true }, { status: 201 });
    const { revision } = await new Holdfast({ url: "http://a", token: "t", fetch }).keys.put("a", 1);
    console.log(revision, typeof op.get, typeof when.absent, typeof HoldfastError);`;
  const file = path.join(app, "app.mjs");
  writeFileSync(file, program);
  expect(execFileSync(process.execPath, [file], { encoding: "utf8" })).toBe(
    "1 function function function\n",
  );
});

describe("its declarations suit", () => {
  const program = `
    import { Holdfast, type HoldfastError, op, when } from "@holdfast/client";
    const holdfast = new Holdfast({ url: "http://a", token: "t", fetch });
    export const { value, receipt } = await holdfast.keys.get<number>("a");
    const sum: number = (value ?? 0) + receipt.cost.rows;
    const outcome = await holdfast
      .transaction()
      .if(when.atLeast("a", sum))
      .do(op.put("b", "x"), op.add("a", -1))
      .else(op.get<string>("b"))
      .commit();
    if (outcome.succeeded) {
      const [, { value: left }] = outcome.results;
      left.toFixed();
    } else outcome.results[0].value?.charAt(0);
    export const isDefinite = (error: HoldfastError) => error.definite && error.code !== "network";
    // @ts-expect-error there is no such code
    export const isWrong = (error: HoldfastError) => error.code === "nonsense";
  `;

  it.each([
    ["browsers", { lib: ["ES2023", "DOM"], types: [] }],
    ["Node", { lib: ["ES2023"], types: ["node"] }],
    ["Workers", { lib: ["ES2023"], types: ["@cloudflare/workers-types"] }],
  ])("%s", (platform, options) => {
    const folder = path.join(app, platform);
    mkdirSync(folder);
    for (const types of ["@types", "@cloudflare"]) {
      const link = path.join(app, "node_modules", types);
      rmSync(link, { force: true });
      symlinkSync(path.join(root, "node_modules", types), link);
    }
    writeFileSync(path.join(folder, "app.mts"), program);
    const compilerOptions = {
      ...options,
      target: "ES2023",
      module: "NodeNext",
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      noEmit: true,
      skipLibCheck: false,
    };
    const project = path.join(folder, "tsconfig.json");
    writeFileSync(project, JSON.stringify({ compilerOptions, files: ["app.mts"] }));
    const check = () => execFileSync(process.execPath, [tsc, "-p", project], { encoding: "utf8" });
    expect(check).not.toThrow();
  });
});
