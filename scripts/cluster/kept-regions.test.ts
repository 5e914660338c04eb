import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, it } from "vitest";
import { keepRegions } from "./kept-regions.ts";

it("keeps a folder for the regions whose data it holds, in their order", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "holdfast-kept-"));
  try {
    await keepRegions(path.join(folder, "new"), ["wnam", "enam", "weur"]);
    await keepRegions(path.join(folder, "new"), ["wnam", "enam", "weur"]);
    await expect(keepRegions(path.join(folder, "new"), ["weur"])).rejects.toThrow("wnam,enam,weur");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
