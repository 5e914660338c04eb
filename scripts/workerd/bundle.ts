// A Worker as it would be deployed: wrangler bundles it and reads its configuration, and uploads
// nothing. So what is measured is what runs, and a Worker is described in one place only.
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import path from "node:path";
import { localEnvironment } from "../local-environment.ts";
import { atExit } from "./at-exit.ts";

/** A bundled Worker and what its configuration binds to it. */
export interface Bundle {
  /** The folder of the bundle; `main` and the other modules are in it. */
  folder: string;
  /** The entry module, relative to the folder. */
  main: string;
  compatibilityDate: string;
  compatibilityFlags: readonly string[];
  /** Durable Objects: the name of each binding and the class behind it, all with SQLite. */
  durableObjects: readonly { binding: string; className: string }[];
  /** Plain text variables. Secrets are added by whoever starts the Worker. */
  vars: Readonly<Record<string, string>>;
  /** KV namespaces, by the names of their bindings. workerd has none by itself; a simulation may stand in for them. */
  kvNamespaces: readonly string[];
  /** Queues that it sends to, and those whose batches it is handed; simulated like the above. */
  queues: { producers: readonly Producer[]; consumers: readonly Consumer[] };
}

export interface Producer {
  binding: string;
  queue: string;
}

/** A queue's consumer. What is left out is the platform's default. */
export interface Consumer {
  queue: string;
  maxBatchSize?: number | undefined;
  /** Seconds. */
  maxBatchTimeout?: number | undefined;
  maxRetries?: number | undefined;
  deadLetterQueue?: string | undefined;
}

/** The part of wrangler's configuration that is of use here; its own types do not resolve. */
interface WranglerConfig {
  main?: string;
  compatibility_date?: string;
  compatibility_flags: string[];
  durable_objects: { bindings: { name: string; class_name?: string }[] };
  vars: Record<string, unknown>;
  kv_namespaces: { binding: string }[];
  queues: {
    producers?: Producer[];
    consumers?: {
      queue: string;
      max_batch_size?: number;
      max_batch_timeout?: number;
      max_retries?: number;
      dead_letter_queue?: string;
    }[];
  };
}

const wrangler = createRequire(import.meta.url).resolve("wrangler");

/**
 * Bundles the Worker that a wrangler configuration describes.
 * @param config the path of its `wrangler.toml`
 * @param folder where the bundle goes
 */
export async function bundle(config: string, folder: string): Promise<Bundle> {
  await dryRun(config, folder);
  Object.assign(process.env, localEnvironment);
  const { unstable_readConfig } = await import("wrangler");
  const read: WranglerConfig = unstable_readConfig({ config });
  if (read.main === undefined || read.compatibility_date === undefined) {
    throw new Error(`${config} names no main module or no compatibility date`);
  }
  return {
    folder,
    main: `${path.basename(read.main).replace(/\.[cm]?[jt]sx?$/, "")}.js`,
    compatibilityDate: read.compatibility_date,
    compatibilityFlags: read.compatibility_flags,
    durableObjects: read.durable_objects.bindings.map((object) => ({
      binding: object.name,
      className: object.class_name ?? object.name,
    })),
    vars: Object.fromEntries(
      Object.entries(read.vars).map(([name, value]) => [name, String(value)]),
    ),
    kvNamespaces: read.kv_namespaces.map(({ binding }) => binding),
    queues: {
      producers: (read.queues.producers ?? []).map(({ binding, queue }) => ({ binding, queue })),
      consumers: (read.queues.consumers ?? []).map((consumer) => ({
        queue: consumer.queue,
        maxBatchSize: consumer.max_batch_size,
        maxBatchTimeout: consumer.max_batch_timeout,
        maxRetries: consumer.max_retries,
        deadLetterQueue: consumer.dead_letter_queue,
      })),
    },
  };
}

function dryRun(config: string, folder: string): Promise<void> {
  const child = spawn(
    process.execPath,
    ["--no-warnings", wrangler, "deploy", "--dry-run", "--outdir", folder, "--config", config],
    { env: { ...process.env, ...localEnvironment }, stdio: ["ignore", "pipe", "pipe"] },
  );
  const ended = atExit(() => child.kill());
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
  }
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      ended();
      if (code === 0) resolve();
      else reject(new Error(`wrangler could not bundle ${config}:\n${said}`));
    });
  });
}
