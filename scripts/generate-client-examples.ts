// Writes test/http/client-readme.test.ts: the examples of client/README.md as tests, which the compiler checks, and which run
// against the service.
//
//     node scripts/generate-client-examples.ts           writes it
//     node scripts/generate-client-examples.ts --check   fails where it says something else
//
// A line `console.log(x); // → y` becomes the expectation that x is y.
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { formatted } from "./formatted.ts";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");

const readme = path.join(root, "client/README.md");
export const clientExamplesFile = path.join(root, "test/http/client-readme.test.ts");

interface Example {
  readonly heading: string;
  readonly lines: readonly string[];
}

const IMPORT = /^import \{ (.+) \} from "@holdfast\/client";$/;
const OUTPUT = /^(\s*)(.*)console\.log\((.*)\); \/\/ → (.*)$/;

export function clientExamples(): string {
  const examples = examplesIn(readFileSync(readme, "utf8"));
  const imported = new Set(examples.flatMap(({ lines }) => lines.flatMap(namesImported)));
  const text = `/**
 * The examples of client/README.md, run.
 *
 * Made by \`node scripts/generate-client-examples.ts\`. Change them there.
 */
import { expect, it } from "vitest";
import { ${[...imported].join(", ")} } from "../../client/index.ts";
import { binding, connect } from "./client-service.ts";

${examples.map(testOf).join("\n\n")}
`;
  return formatted(clientExamplesFile, text);
}

function examplesIn(markdown: string): Example[] {
  const examples: Example[] = [];
  let heading = "";
  let lines: string[] | null = null;
  for (const line of markdown.split("\n")) {
    if (lines !== null && line === "```") {
      examples.push({ heading, lines });
      lines = null;
    } else if (lines !== null) lines.push(line);
    else if (line === "```ts") lines = [];
    else if (line.startsWith("#")) heading = line.replace(/^#+ /, "");
  }
  return examples;
}

function namesImported(line: string): string[] {
  return IMPORT.exec(line)?.[1]?.split(", ") ?? [];
}

function testOf({ heading, lines }: Example, at: number): string {
  const body = lines.filter((line) => namesImported(line).length === 0).map(lineOf);
  const isWorker = body.some((line) => line.startsWith("const worker = "));
  const isConnected = isWorker || body.some((line) => line.startsWith("const holdfast = "));
  return [
    `it(${JSON.stringify(`${at + 1}. ${heading}`)}, async () => {`,
    ...(isConnected ? [] : ["const holdfast = connect();"]),
    ...body,
    ...(isWorker ? CALL_WORKER : []),
    "});",
  ].join("\n");
}

/** What an example has that a test has not: an address, the default export of a module, output. */
function lineOf(line: string): string {
  return line
    .replace("new Holdfast({ url", "new Holdfast({ fetch: binding, url")
    .replace("export default {", "const worker = {")
    .replace(OUTPUT, "$1$2expect($3).toEqual($4);");
}

const CALL_WORKER = [
  'const env: Env = { HOLDFAST: binding, HOLDFAST_TOKEN: "dev" };',
  'const answer = await worker.fetch(new Request("https://app.example/home"), env);',
  'expect(await answer.json()).toEqual({ path: "/home", visits: 1 });',
];

if (import.meta.main) {
  if (!process.argv.includes("--check")) {
    writeFileSync(clientExamplesFile, clientExamples());
  } else if (readFileSync(clientExamplesFile, "utf8") !== clientExamples()) {
    console.error("test/http/client-readme.test.ts differs from the examples of client/README.md.");
    console.error("Run `node scripts/generate-client-examples.ts`.");
    process.exit(1);
  }
}
