// One workerd process from its start to its end.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { atExit } from "./at-exit.ts";
import { workerdBinary } from "./binary.ts";

/** How long workerd may take until it listens. */
const startMs = 20_000;
/** What is kept of its output. */
const logCharsMax = 10_000;
/** The file descriptor on which it says where it listens. */
const controlFd = 3;

/** A running process. */
export interface Workerd {
  readonly pid: number;
  /** The port of each socket by its name; 0 for one that has none. */
  readonly ports: ReadonlyMap<string, number>;
  /** Whether it has ended, whatever the reason. */
  readonly ended: boolean;
  /** What it has written to its output, for the account of a failure. */
  log(): string;
  signal(signal: NodeJS.Signals): void;
  /** Ends it at once, with no chance to finish anything, even where it was stopped. */
  kill(): Promise<void>;
}

/**
 * Starts workerd, and resolves once it listens on every one of `sockets`. It ends with this process.
 * @param config the path of its configuration
 */
export async function serveWorkerd(config: string, sockets: readonly string[]): Promise<Workerd> {
  const child = spawn(workerdBinary(), ["serve", config, `--control-fd=${controlFd}`], {
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  const forget = atExit(() => child.kill("SIGKILL"));
  let log = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      if (log.length < logCharsMax) log += text;
    });
  }
  let ended = false;
  const closed = once(child, "close").finally(() => {
    ended = true;
    forget();
  });
  const ports = new Map<string, number>();
  const running: Workerd = {
    pid: child.pid ?? 0,
    ports,
    get ended() {
      return ended;
    },
    log: () => log,
    signal: (signal) => {
      child.kill(signal);
    },
    async kill() {
      child.kill("SIGKILL");
      await closed;
    },
  };
  const listening = new Promise<void>((resolve) => {
    const control = child.stdio[controlFd] as NodeJS.ReadableStream;
    createInterface({ input: control }).on("line", (line) => {
      const said = JSON.parse(line) as { event: string; socket?: string; port?: number };
      if (said.event === "listen") ports.set(said.socket ?? "", said.port ?? 0);
      if (sockets.every((name) => ports.has(name))) resolve();
    });
  });
  let timer: NodeJS.Timeout | undefined;
  const failed = new Promise<never>((_, reject) => {
    timer = setTimeout(reject, startMs, new Error(`it does not listen after ${startMs} ms`));
    closed.then(([code]) => reject(new Error(`it ended with ${code}`)), reject);
  });
  // It ends some time, long after anybody waits for this.
  failed.catch(() => {});
  try {
    await Promise.race([listening, failed]);
  } catch (cause) {
    await running.kill();
    throw new Error(`workerd did not start: ${(cause as Error).message}\n${log}`, { cause });
  } finally {
    clearTimeout(timer);
  }
  return running;
}
