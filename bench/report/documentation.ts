// Puts a run's tables where the documentation shows them, each between two markers. There is a place for each chapter
// on each medium that objects are stored on.
import { readFile, writeFile } from "node:fs/promises";
import type { Chapter } from "../plan/workload.ts";
import type { Medium } from "../storage.ts";

/**
 * Chapters that were not measured stay as they are.
 * @throws if the page lacks a chapter's markers
 */
export async function document(
  page: string,
  medium: Medium,
  chapters: ReadonlyMap<Chapter, string>,
): Promise<void> {
  let text = await readFile(page, "utf8");
  for (const [chapter, results] of chapters) {
    text = between(text, `${chapter}, ${medium}`, results);
  }
  await writeFile(page, text);
}

/** The page with what stands between the place's markers replaced. */
export function between(text: string, place: string, results: string): string {
  const begin = `<!-- ${place} -->`;
  const end = `<!-- end of ${place} -->`;
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`no place for the results: ${begin} … ${end}`);
  return `${text.slice(0, from + begin.length)}\n\n${results}\n\n${text.slice(to)}`;
}
