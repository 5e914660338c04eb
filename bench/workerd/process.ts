// One workerd process from its start to its end. Each cell has a process and a storage of its own: a
// heap that has served other load changes the tail twentyfold.
import { rmSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { atExit } from "../../scripts/workerd/at-exit.ts";
import type { Bundle } from "../../scripts/workerd/bundle.ts";
import { workerdConfig } from "../../scripts/workerd/config.ts";
import { serveWorkerd } from "../../scripts/workerd/process.ts";
import { cpuMs } from "./cpu-time.ts";

/** A running Worker. */
export interface Running {
  port: number;
  /** Processor time that the process has spent so far, or undefined where that cannot be read. */
  cpuMs(): number | undefined;
  /** What it has written to its output, for the account of a failure. */
  log(): string;
  /** Ends the process at once and removes its storage. */
  stop(): Promise<void>;
}

/**
 * Starts a bundled Worker with empty storage and waits until it listens.
 * @param storageRoot a folder on the disk that is to be measured
 */
export async function startWorkerd(
  bundle: Bundle,
  variables: Readonly<Record<string, string>>,
  storageRoot: string,
): Promise<Running> {
  const storage = await mkdtemp(path.join(storageRoot, "holdfast-bench-"));
  const stopped = atExit(() => rmSync(storage, { recursive: true, force: true }));
  try {
    const sockets = [{ name: "http", address: "127.0.0.1:0" }];
    const config = path.join(bundle.folder, "config.capnp");
    await writeFile(config, workerdConfig(bundle, { storage, variables, sockets }));
    const workerd = await serveWorkerd(config, ["http"]);
    return {
      port: workerd.ports.get("http") ?? 0,
      cpuMs: () => cpuMs(workerd.pid),
      log: () => workerd.log(),
      async stop() {
        await workerd.kill();
        await rm(storage, { recursive: true, force: true });
        stopped();
      },
    };
  } catch (cause) {
    await rm(storage, { recursive: true, force: true });
    stopped();
    throw cause;
  }
}
