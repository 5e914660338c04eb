/** Generated code as the formatter would have it, so that a generated file can be compared with what makes it. */
import { execFileSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const biome = path.join(root, "node_modules/@biomejs/biome/bin/biome");

/** @param file where it is to stand: the formatter's rules depend on that. */
export function formatted(file: string, text: string): string {
  const args = [biome, "check", "--write", `--stdin-file-path=${file}`];
  return execFileSync(process.execPath, args, { cwd: root, input: text, encoding: "utf8" });
}
