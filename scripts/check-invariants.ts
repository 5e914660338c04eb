// Every invariant that docs/guarantees.md lists stands in the code, in an assertion or in the comment
// that says how its construction keeps it, and in a test. One that is lost from either fails the checks.
import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");

function read(pattern: string): { file: string; text: string }[] {
  return globSync(pattern, { cwd: root }).map((file) => ({
    file,
    text: readFileSync(path.join(root, file), "utf8"),
  }));
}

const isTest = (file: string): boolean => /\.test\.ts$|^test\/|^sim\//.test(file);

const [guarantees] = read("docs/guarantees.md");
const listed = [...(guarantees?.text ?? "").matchAll(/^\| ([A-Z]\d+) \|/gm)].map(([, id]) => id);
const sources = read("{shared,durable-objects,worker}/**/*.ts");
const code = sources.filter(({ file }) => !isTest(file) && file !== "shared/assert.ts");
const tests = [
  ...sources.filter(({ file }) => isTest(file)),
  ...read("sim/**/*.ts"),
  ...read("test/**/*.{ts,txt}"),
];

const lost: string[] = [];
for (const id of listed) {
  const named = new RegExp(`\\b${id}\\b`);
  if (!code.some(({ text }) => named.test(text))) lost.push(`${id} stands in no code`);
  if (!tests.some(({ text }) => named.test(text))) lost.push(`${id} stands in no test`);
}
if (listed.length === 0) lost.push("docs/guarantees.md lists no invariant");

for (const line of lost) console.error(`invariants: ${line}`);
console.log(`invariants: ${listed.length} listed, ${lost.length} lost`);
process.exit(lost.length === 0 ? 0 : 1);
