// Builds the client's package: plain JavaScript and declarations, in client/dist.
//
//     node scripts/build-client.ts
//
// `npm pack` and `npm publish`, inside client/, do so by themselves.
import { execFileSync } from "node:child_process";
import { globSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const typescript = createRequire(import.meta.url).resolve("typescript/package.json");

export const tsc = path.join(path.dirname(typescript), "bin/tsc");

export function buildClient(outDir = path.join(root, "client/dist")): void {
  rmSync(outDir, { recursive: true, force: true });
  const project = path.join(root, "tsconfig/client-package.json");
  execFileSync(process.execPath, [tsc, "-p", project, "--outDir", outDir], { stdio: "inherit" });
  // The compiler names the files it wrote in what runs, and those it read in declarations.
  for (const file of globSync(path.join(outDir, "**/*.d.ts"))) {
    const text = readFileSync(file, "utf8");
    writeFileSync(file, text.replaceAll(/(from "\.\/[^"]+)\.ts"/g, '$1.js"'));
  }
}

if (import.meta.main) buildClient();
