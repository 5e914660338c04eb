/** Help: that it is there, and that what it shows can be typed. */
import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { problem } from "../client/fixture.ts";
import { Shell } from "./fixture.ts";

const COMMANDS = [
  ...["get", "put", "delete", "list", "transact", "transaction", "watch", "lock", "elect", "group"],
  ...["namespace", "token"],
];

async function helpOf(...argv: readonly string[]): Promise<string> {
  const shell = new Shell();
  expect(await shell.run(...argv)).toBe(0);
  expect(shell.err.text).toBe("");
  return shell.out.text;
}

it("names every command, the settings and the exit codes", async () => {
  const help = await helpOf("--help");
  for (const command of COMMANDS) expect(help).toMatch(new RegExp(`^  ${command}\\b`, "m"));
  for (const word of ["HOLDFAST_URL", "HOLDFAST_TOKEN", "NO_COLOR", "130  interrupted"]) {
    expect(help).toContain(word);
  }
  expect(await helpOf("help")).toBe(help);
});

it("fits a terminal, but for examples", async () => {
  for (const command of COMMANDS) {
    const [before = ""] = (await helpOf(command, "--help")).split("\nExamples:");
    for (const line of before.split("\n")) expect(line.length, line).toBeLessThanOrEqual(80);
  }
});

/** The words of a command as a shell has them, up to what belongs to the shell itself. */
function wordsOf(line: string): string[] {
  const [command = ""] = line.split(/ +[|<>#] /);
  const words = command.match(/(?:'[^']*'|[^\s'])+/g) ?? [];
  return words.map((word) => word.replaceAll("'", ""));
}

async function allMakeSense(lines: readonly string[]): Promise<void> {
  for (const line of lines) {
    const files = { "ada.json": "{}", "move.json": "{}" };
    const shell = new Shell({ respond: () => problem("forbidden"), files });
    // The service refuses it: so it made sense to us.
    expect(await shell.run(...wordsOf(line)), `${line}\n${shell.err.text}`).toBe(1);
    expect(shell.sent).toHaveLength(1);
  }
}

it.each(["", ...COMMANDS])("shows examples that can be typed: %s", async (command) => {
  const help = await helpOf(...(command === "" ? ["--help"] : [command, "--help"]));
  const lines = [...help.matchAll(/^ {2}\$ holdfast (.*)$/gm)].map(([, line = ""]) => line);
  expect(lines.length).toBeGreaterThan(0);
  await allMakeSense(lines);
});

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");

it.each(["docs/cli.md", "README.md", ...globSync("examples/**/*.md", { cwd: root })])(
  "is right where it is written about: %s",
  (file) => {
    const page = readFileSync(path.join(root, file), "utf8");
    const blocks = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block = ""]) => block);
    const lines = blocks.join("\n").match(/^npx holdfast (?!--help).*$/gm) ?? [];
    return allMakeSense(lines.map((line) => line.replace(/^npx holdfast /, "")));
  },
);

it("says what may have been meant", async () => {
  const shell = new Shell();
  expect(await shell.run("gte", "a")).toBe(2);
  expect(shell.err.text).toContain("Did you mean get?");
  const other = new Shell();
  expect(await other.run("get", "a", "--levle", "strong")).toBe(2);
  expect(other.err.text).toContain("Did you mean --level?");
});

it("knows its version", async () => {
  expect(await helpOf("--version")).toMatch(/^\d+\.\d+\.\d+\n$/);
});

it("is shown where nothing is asked for", async () => {
  const shell = new Shell();
  expect(await shell.run()).toBe(2);
  expect(shell.err.text).toContain("Commands:");
});
