/**
 * Each transcript in this folder is run and compared with what it says.
 *
 * With REWRITE_GOLDEN=1 the files are written anew instead: read what changed before it is committed.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { parseTranscript, renderTranscript } from "./transcript.ts";
import { World } from "./world.ts";

const folder = new URL("./", import.meta.url);
const rewrite = process.env["REWRITE_GOLDEN"] === "1";

it.each(readdirSync(folder).filter((name) => name.endsWith(".txt")))("%s", (name) => {
  const file = new URL(name, folder);
  const text = readFileSync(file, "utf8");
  const world = new World();
  const found = renderTranscript(parseTranscript(text), (input) => world.run(input));
  if (rewrite) writeFileSync(file, found);
  else expect(found).toBe(text);
});
