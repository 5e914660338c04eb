/** The page that a problem's `type` leads to: every error code, and what to do about it. */
import { ERRORS } from "../shared/errors.ts";

export function errorsPage(): string {
  const sections = Object.entries(ERRORS).map(
    ([code, { status, title, definite, retryable, advice }]) => `
    <section id="${code}">
      <h2>${status} <code>${code}</code></h2>
      <p>${title}. ${definite ? "It certainly had no effect." : "It may have had an effect."}
        ${retryable ? "Sending it again unchanged may succeed." : ""}</p>
      <p>${withCode(advice)}</p>
    </section>`,
  );
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Holdfast errors</title>
    <link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
    <link rel="stylesheet" href="/docs/page.css">
  </head>
  <body class="text">
    <h1>Holdfast errors</h1>${sections.join("")}
  </body>
</html>
`;
}

/** The registry's own text, with what stands between backticks set as code. */
function withCode(text: string): string {
  return escapeHtml(text).replaceAll(/`([^`]+)`/g, "<code>$1</code>");
}

const escapeHtml = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
