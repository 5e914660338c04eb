// The configuration of a workerd process, as Cap'n Proto text: one Worker with its Durable Objects on
// disk, no development proxy, no second process in between. Workers in several processes can call one
// another: one has a socket that leads to an entrypoint, the other a binding to that socket.
import { readdirSync } from "node:fs";
import path from "node:path";
import type { Bundle } from "./bundle.ts";

/** What one process runs and where. */
export interface ProcessConfig {
  /** A folder for the objects' databases. It has to exist. */
  storage: string;
  /** Text bindings that the Worker's configuration leaves out: secrets, and variables that are set anew. */
  variables: Readonly<Record<string, string>>;
  sockets: readonly Socket[];
  /** Entrypoints of the Worker itself: the name of each binding, and the class it leads to. */
  entrypoints?: Readonly<Record<string, string>>;
  /** Entrypoints in other processes: the name of each binding, and the address of the socket it leads to. */
  remotes?: Readonly<Record<string, string>>;
}

/** Where a process listens. */
export interface Socket {
  name: string;
  /** As workerd writes it: `127.0.0.1:8787`, or `unix:` and a path. */
  address: string;
  /** The class that is served there to other processes' calls; without it, the Worker's own `fetch`. */
  entrypoint?: string;
}

/**
 * The host of the CONNECT request with which one process begins to speak Cap'n Proto to another, so that
 * bindings carry calls of methods and not HTTP alone (workerd.capnp, `HttpOptions.capnpConnectHost`).
 * Any name does that both sides know.
 */
const capnpConnectHost = "holdfast-calls";

/** The configuration's text, to be written into the bundle's folder: it embeds files from there. */
export function workerdConfig(bundle: Bundle, process: ProcessConfig): string {
  const remotes = Object.entries(process.remotes ?? {});
  const services = [
    `(name = "worker", worker = .worker)`,
    `(name = "storage", disk = (path = ${quoted(process.storage)}, writable = true))`,
    ...remotes.map(
      ([binding, address]) =>
        `(name = ${quoted(binding)}, external = (address = ${quoted(address)}, http = ${calls}))`,
    ),
  ];
  const sockets = process.sockets.map(({ name, address, entrypoint }) => {
    const [http, service] =
      entrypoint === undefined
        ? ["()", `"worker"`]
        : [calls, `(name = "worker", entrypoint = ${quoted(entrypoint)})`];
    return `(name = ${quoted(name)}, address = ${quoted(address)}, http = ${http}, service = ${service})`;
  });
  const bindings = [
    ...Object.entries({ ...bundle.vars, ...process.variables }).map(
      ([name, value]) => `(name = ${quoted(name)}, text = ${quoted(value)})`,
    ),
    ...bundle.durableObjects.map(
      ({ binding, className }) =>
        `(name = ${quoted(binding)}, durableObjectNamespace = ${quoted(className)})`,
    ),
    ...Object.entries(process.entrypoints ?? {}).map(
      ([binding, entrypoint]) =>
        `(name = ${quoted(binding)}, service = (name = "worker", entrypoint = ${quoted(entrypoint)}))`,
    ),
    ...remotes.map(([binding]) => `(name = ${quoted(binding)}, service = ${quoted(binding)})`),
  ];
  const classes = [...new Set(bundle.durableObjects.map(({ className }) => className))].map(
    (name) => `(className = ${quoted(name)}, uniqueKey = ${quoted(name)}, enableSql = true)`,
  );
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = ${list(services)},
  sockets = ${list(sockets)},
);

const worker :Workerd.Worker = (
  modules = ${list(modules(bundle))},
  compatibilityDate = ${quoted(bundle.compatibilityDate)},
  compatibilityFlags = ${list(bundle.compatibilityFlags.map(quoted))},
  bindings = ${list(bindings)},
  durableObjectNamespaces = ${list(classes)},
  durableObjectStorage = (localDisk = "storage"),
);
`;
}

const calls = `(capnpConnectHost = "${capnpConnectHost}")`;

/** How workerd takes in a file of a bundle, by its ending; others are no modules. */
const moduleKinds: Readonly<Record<string, string>> = {
  ".js": "esModule",
  ".mjs": "esModule",
  ".wasm": "wasm",
  ".txt": "text",
  ".html": "text",
  ".bin": "data",
};

/** The entry module first, as workerd wants it. */
function modules(bundle: Bundle): string[] {
  const others = readdirSync(bundle.folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file !== bundle.main && path.extname(file) in moduleKinds)
    .sort();
  return [bundle.main, ...others].map(
    (file) =>
      `(name = ${quoted(file)}, ${moduleKinds[path.extname(file)]} = embed ${quoted(file)})`,
  );
}

function list(items: readonly string[]): string {
  return items.length === 0 ? "[]" : `[\n    ${items.join(",\n    ")},\n  ]`;
}

/** A Cap'n Proto string literal; JSON's escapes are among its own. */
function quoted(text: string): string {
  return JSON.stringify(text);
}
