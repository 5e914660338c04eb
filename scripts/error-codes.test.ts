// Every error code has a test over HTTP that produces it, or stands here with the reason why not.
import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { ERRORS, type ErrorCode } from "../shared/errors.ts";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");

/** Codes of the contract that nothing can produce yet. */
const unproduced: Partial<Record<ErrorCode, string>> = {
  "too-many-requests": "nothing limits a client's rate yet",
};

// A test produces a code where it checks an answer against it: `expectProblem(answer, "code")`.
const produced = new Set<string>();
for (const file of globSync("test/http/**/*.test.ts", { cwd: root })) {
  const text = readFileSync(path.join(root, file), "utf8");
  for (const call of text.matchAll(/expectProblem\(/g)) {
    const statement = text.slice(call.index, text.indexOf(";", call.index));
    for (const [, code] of statement.matchAll(/"([a-z-]+)"/g)) produced.add(String(code));
  }
}

it.each(Object.keys(ERRORS) as ErrorCode[])("%s is produced by a test, or explained", (code) => {
  const explained = unproduced[code];
  if (produced.has(code)) expect(explained, "no longer needs its explanation").toBeUndefined();
  else expect(explained, "no test in test/http produces it").toBeTruthy();
});
