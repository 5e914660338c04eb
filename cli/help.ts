/** What stands below a command's own help. */

/** Commands that can be copied, as they would be typed. */
export const examples = (...lines: readonly string[]): string =>
  `\nExamples:\n${lines.map((line) => `  $ holdfast ${line}\n`).join("")}`;
