// One workerd process from its start to its end. Each cell has a process and a storage of its own: a
// heap that has served other load changes the tail twentyfold.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { atExit } from "../at-exit.ts";
import { workerdBinary } from "./binary.ts";
import type { Bundle } from "./bundle.ts";
import { workerdConfig } from "./config.ts";
import { cpuMs } from "./cpu-time.ts";
import { freePort } from "./free-port.ts";

/** How long workerd may take until it accepts connections. */
const startMs = 20_000;
/** How often to try. */
const retryMs = 20;

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
  secrets: Readonly<Record<string, string>>,
  storageRoot: string,
): Promise<Running> {
  const storage = await mkdtemp(path.join(storageRoot, "holdfast-bench-"));
  const port = await freePort();
  const config = path.join(bundle.folder, "config.capnp");
  await writeFile(config, workerdConfig(bundle, { port, storage }, secrets));

  const child = spawn(workerdBinary(), ["serve", config], { stdio: ["ignore", "pipe", "pipe"] });
  const stopped = atExit(() => {
    child.kill("SIGKILL");
    rmSync(storage, { recursive: true, force: true });
  });
  let log = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      if (log.length < 10_000) log += text;
    });
  }
  const ended = once(child, "close");
  const running: Running = {
    port,
    cpuMs: () => (child.pid === undefined ? undefined : cpuMs(child.pid)),
    log: () => log,
    async stop() {
      child.kill("SIGKILL");
      await ended;
      await rm(storage, { recursive: true, force: true });
      stopped();
    },
  };
  try {
    await listening(child, port);
  } catch (cause) {
    await running.stop();
    throw new Error(`workerd did not start:\n${log}`, { cause });
  }
  return running;
}

async function listening(child: ChildProcess, port: number): Promise<void> {
  const deadline = performance.now() + startMs;
  while (!(await accepts(port))) {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
    if (performance.now() > deadline) throw new Error(`no connection within ${startMs} ms`);
    await sleep(retryMs);
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => resolve(true));
    socket.on("error", () => resolve(false));
    socket.on("connect", () => socket.destroy());
  });
}
