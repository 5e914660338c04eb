/**
 * The service as a user runs it, in processes of its own that can be killed.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

export class Service {
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
  }

  /** Starts it with its state in `folder`, and resolves once it serves. */
  static async start(folder: string, port: number): Promise<Service> {
    const child = spawn(
      process.execPath,
      ["scripts/start.ts", "--port", String(port), "--persist-to", folder, "--log-level", "warn"],
      // A group of its own, so that one signal reaches every process of it.
      { cwd: root, detached: true, stdio: ["ignore", "pipe", "pipe"] },
    );
    let output = "";
    await new Promise<void>((resolve, reject) => {
      const hear = (chunk: Buffer) => {
        output += chunk;
        if (output.includes("Development token")) resolve();
      };
      child.stdout?.on("data", hear);
      child.stderr?.on("data", hear);
      child.on("exit", (code) => reject(new Error(`ended with ${code}:\n${output}`)));
    });
    return new Service(child, `http://127.0.0.1:${port}`);
  }

  /** Ends every process of the service at once, with no chance to finish anything. */
  async kill(): Promise<void> {
    const gone = once(this.#child, "exit");
    if (this.#child.pid !== undefined) process.kill(-this.#child.pid, "SIGKILL");
    await gone;
  }
}
