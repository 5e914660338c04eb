// The workerd to run: the very binary that the development tools run.
import { createRequire } from "node:module";

/** workerd is a dependency of miniflare's, so it is looked for from there. */
const fromMiniflare = createRequire(createRequire(import.meta.url).resolve("miniflare"));

/** The path of the executable. */
export function workerdBinary(): string {
  // The package's main module exports the path by default, as CommonJS or as a module.
  const found = fromMiniflare("workerd") as string | { default: string };
  return typeof found === "string" ? found : found.default;
}

/** Its version, as its package states it. */
export function workerdVersion(): string {
  return (fromMiniflare("workerd/package.json") as { version: string }).version;
}
