// Writes docs/errors.md from the registry of error codes, shared/errors.ts.
//
//     node scripts/generate-errors-doc.ts           writes it
//     node scripts/generate-errors-doc.ts --check   fails where it says something else
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { ERRORS } from "../shared/errors.ts";

export const errorsDocFile = path.resolve(
  path.dirname(fileURLToPath(import.meta.url)),
  "../docs/errors.md",
);

const head = `# Errors

<!-- Made from shared/errors.ts by \`node scripts/generate-errors-doc.ts\`. Change it there. -->

Every error is a problem document (RFC 9457, \`application/problem+json\`) with \`type\`, \`title\`, \`status\`,
\`detail\` and \`instance\`, and with

- \`code\`, which names the error for programs and never changes its meaning;
- \`definite\`: true where the request certainly had no effect, false where it may have had one;
- \`retryable\`: whether the same request may succeed if it is sent again unchanged;
- \`errors\`, for a malformed request: \`path\` and \`message\` of each fault.

Some carry more, such as the current \`revision\` of a failed precondition. \`Retry-After\` comes with those
that time alone may mend, \`Holdfast-Request-Id\` with every answer. A deployment shows this list at
\`/docs/errors\`, where \`type\` points.

| status | code | definite | retryable | what happened, and what to do |
| --- | --- | --- | --- | --- |
`;

/** The whole of docs/errors.md. */
export function errorsDoc(): string {
  const rows = Object.entries(ERRORS).map(
    ([code, { status, title, definite, retryable, advice }]) =>
      `| ${status} | \`${code}\` | ${definite} | ${retryable} | ${title}. ${advice} |\n`,
  );
  return head + rows.join("");
}

if (import.meta.main) {
  if (!process.argv.includes("--check")) {
    writeFileSync(errorsDocFile, errorsDoc());
  } else if (readFileSync(errorsDocFile, "utf8") !== errorsDoc()) {
    console.error("docs/errors.md differs from shared/errors.ts.");
    console.error("Run `node scripts/generate-errors-doc.ts`.");
    process.exit(1);
  }
}
