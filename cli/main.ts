/** The command line in its process. */
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { buffer } from "node:stream/consumers";
import { setTimeout } from "node:timers/promises";
import type { WriteStream } from "node:tty";
import { BY_SIGNAL } from "./exit-codes.ts";
import { Interrupted, type Io, type Sink } from "./io.ts";
import { runProgram } from "./program-runner.ts";
import { run } from "./run.ts";

/** Where nobody can say how wide a line is. */
const COLUMNS_DEFAULT = 80;
/** Of SIGPIPE: whoever read the output has enough. */
const PIPE_CLOSED = BY_SIGNAL + 13;

const interruption = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => interruption.abort(new Interrupted(signal)));
}

function sinkOf(stream: NodeJS.WriteStream): Sink {
  stream.on("error", (fault: NodeJS.ErrnoException) => {
    if (fault.code === "EPIPE") process.exit(PIPE_CLOSED);
    throw fault;
  });
  const { isTTY: isTerminal = false } = stream as Partial<WriteStream>;
  return {
    write: (chunk) => new Promise((resolve) => stream.write(chunk, () => resolve())),
    isTerminal,
    hasColors: isTerminal && stream.hasColors(),
    columns: stream.columns ?? COLUMNS_DEFAULT,
  };
}

const io: Io = {
  out: sinkOf(process.stdout),
  err: sinkOf(process.stderr),
  readInput: () => buffer(process.stdin),
  readFile: (path) => readFile(path),
  env: process.env,
  fetch: (url, init) => fetch(url, init),
  wallNow: () => Date.now(),
  // An abort ends the sleep, and is no failure.
  sleep: (ms, signal) => setTimeout(ms, undefined, { signal }).catch(() => {}),
  interrupted: interruption.signal,
  uniqueId: randomUUID,
  // Machines may have the same name, and processes the same number.
  self: () => `${hostname()}/${process.pid}/${randomUUID().slice(0, 8)}`,
  isInTerminal: process.stdin.isTTY === true,
  runProgram,
};

// Not `process.exit`, which would cut off what is still being written.
process.exitCode = await run(process.argv.slice(2), io);
