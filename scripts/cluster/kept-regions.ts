// A folder's data belong to the regions they were written for: started with others, the cluster would look for
// its keys where they are not, and find the namespace empty.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";

/** @throws where the folder holds the data of other regions */
export async function keepRegions(folder: string, regions: readonly string[]): Promise<void> {
  const file = path.join(folder, "regions");
  const asked = regions.join(",");
  const kept = await readFile(file, "utf8").catch((fault: NodeJS.ErrnoException) => {
    if (fault.code === "ENOENT") return null;
    throw fault;
  });
  if (kept === null) {
    await mkdir(folder, { recursive: true });
    await writeFile(file, asked);
  } else if (kept !== asked) {
    throw new Error(`${folder} holds the data of the regions ${kept}, not of ${asked}`);
  }
}
