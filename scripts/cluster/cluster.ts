// Holdfast with each region a process of its own on this machine, and one edge in front of them, so that a
// region can be killed, stopped and started again by itself.
//
//     client ──HTTP──▶ edge ──calls──▶ wnam ◀──calls──▶ enam ◀──calls──▶ weur ◀──▶ wnam
//
// All run the same bundle in plain workerd. Members' and replicas' objects live in their region's process, behind its
// gate (worker/region-gate.ts), one region more than has members keeping a replica alone; namespaces' objects live in
// the edge's. Each process has a queue of its own, in memory (worker/local-queue.ts). Processes meet at Unix sockets,
// whose paths stay the same over restarts, while a free port could be taken meanwhile by some connection.
import { mkdtempSync, rmSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { REPLICA_REGION_EXTRA } from "../../shared/regions.ts";
import { atExit } from "../workerd/at-exit.ts";
import { type Bundle, bundle } from "../workerd/bundle.ts";
import { type Socket, workerdConfig } from "../workerd/config.ts";
import { serveWorkerd, type Workerd } from "../workerd/process.ts";
import { keepRegions } from "./kept-regions.ts";

const wranglerConfig = fileURLToPath(new URL("../../wrangler.toml", import.meta.url));

/** Binds the gate of a region; durable-objects/reach.ts looks for it by this name. */
const gateOf = (region: string) => `REGION_${region}`;

const edgeSocket = "http";
const gateSocket = "gate";

export interface ClusterOptions {
  /** The members': one, three or five; the first leads whatever nobody has used yet. */
  readonly regions: readonly string[];
  /** The edge's port on the loopback interface; 0 for any that is free. */
  readonly port: number;
  /** The root token. */
  readonly token: string;
  /** Keeps the data of each process, in a folder of its own, between runs. */
  readonly folder: string;
}

export type RegionStatus = "running" | "stopped" | "ended";

interface RegionProcess {
  workerd: Workerd;
  stopped: boolean;
}

export class Cluster {
  readonly #options: ClusterOptions;
  /** Holds the bundle, the processes' configurations and their sockets; goes with the cluster. */
  readonly #scratch: string;
  readonly #bundle: Bundle;
  readonly #processes = new Map<string, RegionProcess>();
  #edge: Workerd | null = null;
  readonly #forget: () => void;

  private constructor(options: ClusterOptions, scratch: string, worker: Bundle) {
    this.#options = options;
    this.#scratch = scratch;
    this.#bundle = worker;
    this.#forget = atExit(() => rmSync(scratch, { recursive: true, force: true }));
  }

  /** Resolves once every process listens. */
  static async start(options: ClusterOptions): Promise<Cluster> {
    await keepRegions(options.folder, options.regions);
    const scratch = mkdtempSync(path.join(os.tmpdir(), "holdfast-cluster-"));
    const worker = await bundle(wranglerConfig, path.join(scratch, "bundle")).catch((fault) => {
      rmSync(scratch, { recursive: true, force: true });
      throw fault;
    });
    const cluster = new Cluster(options, scratch, worker);
    try {
      await Promise.all(cluster.regions.map((region) => cluster.restart(region)));
      const address = `127.0.0.1:${options.port}`;
      cluster.#edge = await cluster.#serve("edge", { name: edgeSocket, address });
    } catch (fault) {
      await cluster.close();
      throw fault;
    }
    return cluster;
  }

  /** Those that are processes: the members' and the one that keeps a replica alone. */
  get regions(): readonly string[] {
    return [...new Set([...this.#options.regions, REPLICA_REGION_EXTRA])];
  }

  get token(): string {
    return this.#options.token;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#edge?.ports.get(edgeSocket)}`;
  }

  status(region: string): RegionStatus {
    const known = this.#processes.get(region);
    if (known === undefined || known.workerd.ended) return "ended";
    return known.stopped ? "stopped" : "running";
  }

  /** The process of a region; of the edge, where none is named. */
  pid(region?: string): number {
    return region === undefined ? (this.#edge?.pid ?? 0) : this.#processOf(region).workerd.pid;
  }

  /** Ends a region's process by SIGKILL. Resolves when it is gone; its data stay. */
  async kill(region: string): Promise<void> {
    await this.#processOf(region).workerd.kill();
  }

  /** Starts a region's process on the data it had. Resolves once it listens. */
  async restart(region: string): Promise<void> {
    if (!this.regions.includes(region)) throw new Error(`there is no region ${region}`);
    if (this.status(region) !== "ended") throw new Error(`the process of ${region} has not ended`);
    // A process that was killed leaves its socket behind, and workerd does not take it over.
    await rm(this.#socketPath(region), { force: true });
    const workerd = await this.#serve(region, {
      name: gateSocket,
      address: this.#addressOf(region),
      entrypoint: "RegionGate",
    });
    this.#processes.set(region, { workerd, stopped: false });
  }

  /** Stops a region's process by SIGSTOP: connections to it stay open, and nobody answers. */
  stop(region: string): void {
    const running = this.#processOf(region);
    running.workerd.signal("SIGSTOP");
    running.stopped = true;
  }

  /** Lets it go on by SIGCONT, as if no time had passed. */
  resume(region: string): void {
    const running = this.#processOf(region);
    running.workerd.signal("SIGCONT");
    running.stopped = false;
  }

  /** Ends every process. */
  async close(): Promise<void> {
    const processes = [this.#edge, ...[...this.#processes.values()].map(({ workerd }) => workerd)];
    await Promise.all(processes.map((workerd) => workerd?.kill()));
    await rm(this.#scratch, { recursive: true, force: true });
    this.#forget();
  }

  /** What a region's process has written to its output since it started. */
  log(region: string): string {
    return this.#processOf(region).workerd.log();
  }

  /** Starts the process that keeps its data under `name`. */
  async #serve(name: string, socket: Socket): Promise<Workerd> {
    const { regions, token, folder } = this.#options;
    const storage = path.resolve(folder, name);
    await mkdir(storage, { recursive: true });
    const others = this.regions.filter((region) => region !== name);
    const config = workerdConfig(this.#bundle, {
      storage,
      variables: { HOLDFAST_REGIONS: regions.join(","), HOLDFAST_ROOT_TOKEN: token },
      sockets: [socket],
      entrypoints: { FANOUT: "LocalQueue" },
      remotes: Object.fromEntries(
        others.map((region) => [gateOf(region), this.#addressOf(region)]),
      ),
    });
    // The configuration embeds the bundle's files, so it stands beside them.
    const file = path.join(this.#bundle.folder, `${name}.capnp`);
    await writeFile(file, config);
    return serveWorkerd(file, [socket.name]);
  }

  #addressOf(region: string): string {
    return `unix:${this.#socketPath(region)}`;
  }

  #socketPath(region: string): string {
    return path.join(this.#scratch, `${region}.sock`);
  }

  #processOf(region: string): RegionProcess {
    const known = this.#processes.get(region);
    if (known === undefined) throw new Error(`there is no region ${region}`);
    return known;
  }
}
