// One workerd process with what workerd lacks by itself: queues, and Workers KV. They are the simulations that
// `wrangler dev` has. Its proxy is left out: the socket leads straight to the Worker.
import { rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import path from "node:path";
import {
  convertV4MiniflareOptions,
  Miniflare,
  NoOpLog,
  type V4QueueConsumerOptions,
  type V4WorkerOptions,
} from "miniflare";
import { atExit } from "../../scripts/workerd/at-exit.ts";
import type { Bundle } from "../../scripts/workerd/bundle.ts";
import { cpuMs } from "./cpu-time.ts";
import type { Running } from "./process.ts";
import { workerdChildren } from "./processes.ts";

const host = "127.0.0.1";
/** What is kept of its output. */
const logCharsMax = 10_000;

/**
 * Starts a bundled Worker with empty storage and waits until it listens.
 * @param storageRoot a folder on the disk that is to be measured
 */
export async function startMiniflare(
  bundle: Bundle,
  variables: Readonly<Record<string, string>>,
  storageRoot: string,
): Promise<Running> {
  const storage = await mkdtemp(path.join(storageRoot, "holdfast-bench-"));
  const removed = atExit(() => rmSync(storage, { recursive: true, force: true }));
  let log = "";
  const before = new Set(workerdChildren());
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host,
      port: 0,
      // It would ask the network otherwise, and tell it.
      cf: false,
      telemetry: { enabled: false },
      log: new NoOpLog(),
      handleStructuredLogs: ({ message }) => {
        if (log.length < logCharsMax) log += `${message}\n`;
      },
      resourcePersistencePath: storage,
      workers: [workerOf(bundle, variables)],
    }),
  );
  const stop = async () => {
    await miniflare.dispose();
    await rm(storage, { recursive: true, force: true });
    removed();
  };
  try {
    const { port } = await miniflare.unsafeGetDirectURL();
    const pid = workerdChildren().find((pid) => !before.has(pid));
    return {
      port: Number(port),
      cpuMs: () => (pid === undefined ? undefined : cpuMs(pid)),
      log: () => log,
      stop,
    };
  } catch (cause) {
    await stop();
    throw cause;
  }
}

function workerOf(bundle: Bundle, variables: Readonly<Record<string, string>>): V4WorkerOptions {
  const { durableObjects, kvNamespaces, queues } = bundle;
  return {
    name: "worker",
    modules: [{ type: "ESModule", path: path.join(bundle.folder, bundle.main) }],
    modulesRoot: bundle.folder,
    compatibilityDate: bundle.compatibilityDate,
    compatibilityFlags: [...bundle.compatibilityFlags],
    bindings: { ...bundle.vars, ...variables },
    durableObjects: Object.fromEntries(
      durableObjects.map(({ binding, className }) => [binding, { className, useSQLite: true }]),
    ),
    kvNamespaces: [...kvNamespaces],
    queueProducers: Object.fromEntries(
      queues.producers.map(({ binding, queue }) => [binding, { queueName: queue }]),
    ),
    queueConsumers: Object.fromEntries(
      queues.consumers.map(({ queue, ...said }) => [queue, said as V4QueueConsumerOptions]),
    ),
    unsafeDirectSockets: [{ host, port: 0 }],
  };
}
