/** Namespaces: where keys live. */
import { bodyOf } from "./answer.ts";
import type { Namespace, NamespaceSettings, ShownNamespace } from "./api.ts";
import type { CallOptions } from "./options.ts";
import { aboutOf, type Call, type Transport } from "./transport.ts";

export class Namespaces {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Creates a namespace, with the root token. Where it exists with other settings it is `namespace-exists`. */
  create(
    name: string,
    settings: NamespaceSettings = {},
    options: CallOptions = {},
  ): Promise<Namespace> {
    const body = { content: JSON.stringify(settings), contentType: "application/json" };
    return this.#ask<Namespace>(
      { method: "PUT", path: name, body: () => body, repeatable: "idempotent" },
      options,
    );
  }

  /** A namespace's settings, and how far its replicas are. */
  get(name: string, options: CallOptions = {}): Promise<ShownNamespace> {
    return this.#ask<ShownNamespace>({ method: "GET", path: name, repeatable: "read" }, options);
  }

  async #ask<Body>(call: Call, options: CallOptions): Promise<Body> {
    return bodyOf<Body>(await this.#transport.send(call, options), aboutOf(call));
  }
}
