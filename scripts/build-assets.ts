// Lays the static assets into dist/assets: the API reference page and the parts of Swagger UI that it
// loads, so that /docs works without any outside network. They are served as /docs (docs.html)
// and /docs/* (the folder docs/).
import { copyFile, mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const page = path.join(root, "worker/docs-page");
const swaggerUi = path.dirname(
  createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"),
);

/** Each asset's path below dist/assets, and the file that it is a copy of. */
const assets: Record<string, string> = {
  "docs.html": path.join(page, "index.html"),
  "docs/page.css": path.join(page, "page.css"),
  "docs/page.js": path.join(page, "page.js"),
  "docs/favicon-32x32.png": path.join(swaggerUi, "favicon-32x32.png"),
  "docs/swagger-ui.css": path.join(swaggerUi, "swagger-ui.css"),
  "docs/swagger-ui-bundle.js": path.join(swaggerUi, "swagger-ui-bundle.js"),
  "docs/swagger-ui-license.txt": path.join(swaggerUi, "LICENSE"),
};

/** Copies every asset; cheap enough to do each time. */
export async function buildAssets(): Promise<void> {
  const target = path.join(root, "dist/assets");
  await mkdir(path.join(target, "docs"), { recursive: true });
  await Promise.all(
    Object.entries(assets).map(([to, from]) => copyFile(from, path.join(target, to))),
  );
}

if (import.meta.main) await buildAssets();
