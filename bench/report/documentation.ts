// Puts a run's table where the documentation shows it, between two markers. There is one place for each
// medium that objects are stored on.
import { readFile, writeFile } from "node:fs/promises";
import type { Medium } from "../storage.ts";

/** @throws if the page lacks the markers */
export async function document(page: string, medium: Medium, results: string): Promise<void> {
  await writeFile(page, between(await readFile(page, "utf8"), medium, results));
}

/** The page with what stands between the medium's markers replaced. */
export function between(text: string, medium: Medium, results: string): string {
  const begin = `<!-- results, ${medium} -->`;
  const end = `<!-- end of results, ${medium} -->`;
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`no place for the results: ${begin} … ${end}`);
  return `${text.slice(0, from + begin.length)}\n\n${results}\n\n${text.slice(to)}`;
}
