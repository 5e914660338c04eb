// What the objects' databases are kept on during a cell. On a disk, most of a put is waiting for the disk,
// which hides what our own code costs. In memory nothing hides it.
import { statfsSync } from "node:fs";
import os from "node:os";
import { UsageError } from "./usage-error.ts";

export type Medium = "memory" | "disk";

/** File systems that live in memory: tmpfs and ramfs (statfs(2)). */
const inMemory: readonly number[] = [0x01021994, 0x858458f6];

/** The folder that a name stands for, or the folder itself. */
export function storageFolder(named: string): string {
  if (named === "disk") return os.tmpdir();
  // Where Linux has a file system in memory that everybody may write to.
  if (named === "memory") return "/dev/shm";
  return named;
}

/**
 * What the folder is really on, whatever its name says.
 * @throws {UsageError} if there is no such folder
 */
export function mediumOf(folder: string): Medium {
  let type: number;
  try {
    ({ type } = statfsSync(folder));
  } catch {
    throw new UsageError(`there is no folder ${folder} to store in`);
  }
  return inMemory.includes(type) ? "memory" : "disk";
}
