// The configuration of a workerd process, as Cap'n Proto text. One Worker on one socket, with its
// Durable Objects on disk: no development proxy, no second process in between.
import { readdirSync } from "node:fs";
import path from "node:path";
import type { Bundle } from "./bundle.ts";

/** Where one process listens and stores. */
export interface Place {
  port: number;
  /** An empty folder for the objects' databases. */
  storage: string;
}

/** The configuration's text, to be written into the bundle's folder: it embeds files from there. */
export function workerdConfig(
  bundle: Bundle,
  place: Place,
  secrets: Readonly<Record<string, string>>,
): string {
  const variables = Object.entries({ ...bundle.vars, ...secrets }).map(
    ([name, value]) => `(name = ${quoted(name)}, text = ${quoted(value)})`,
  );
  const namespaces = bundle.durableObjects.map(
    ({ binding, className }) =>
      `(name = ${quoted(binding)}, durableObjectNamespace = ${quoted(className)})`,
  );
  const classes = [...new Set(bundle.durableObjects.map(({ className }) => className))].map(
    (name) => `(className = ${quoted(name)}, uniqueKey = ${quoted(name)}, enableSql = true)`,
  );
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "worker", worker = .worker),
    (name = "storage", disk = (path = ${quoted(place.storage)}, writable = true)),
  ],
  sockets = [
    (name = "http", address = "127.0.0.1:${place.port}", http = (), service = "worker"),
  ],
);

const worker :Workerd.Worker = (
  modules = ${list(modules(bundle))},
  compatibilityDate = ${quoted(bundle.compatibilityDate)},
  compatibilityFlags = ${list(bundle.compatibilityFlags.map(quoted))},
  bindings = ${list([...variables, ...namespaces])},
  durableObjectNamespaces = ${list(classes)},
  durableObjectStorage = (localDisk = "storage"),
);
`;
}

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
