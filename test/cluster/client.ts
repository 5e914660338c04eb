/** A client of the edge that notes whatever it asks and hears. */
import type { Action, Attempt, Outcome } from "./history.ts";

/** How long the edge may take beyond a request's deadline before its answer is given up. */
const GRACE_MS = 2_000;

export interface Edge {
  readonly url: string;
  readonly token: string;
}

export class Client {
  readonly #edge: Edge;
  readonly #number: number;
  readonly #deadlineMs: number;
  readonly #note: (attempt: Attempt) => void;

  constructor(edge: Edge, number: number, deadlineMs: number, note: (attempt: Attempt) => void) {
    this.#edge = edge;
    this.#number = number;
    this.#deadlineMs = deadlineMs;
    this.#note = note;
  }

  async ask(key: string, action: Action): Promise<Attempt> {
    const invokedAt = performance.now();
    const { outcome, by } = await this.#send(key, action);
    const returnedAt = performance.now();
    const attempt = { client: this.#number, key, action, invokedAt, returnedAt, outcome, by };
    this.#note(attempt);
    return attempt;
  }

  /** What a key held at a revision; null where that cannot be read. Noted nowhere: it is no read of the present. */
  async valueAt(key: string, revision: number): Promise<string | null> {
    const answer = await this.#fetch("GET", `${key}?revision=${revision}`, {});
    return answer.status === 200 ? answer.text() : null;
  }

  async #send(key: string, action: Action): Promise<{ outcome: Outcome; by: string }> {
    try {
      const answer =
        action.type === "get"
          ? await this.#fetch("GET", key, {})
          : await this.#fetch("PUT", key, conditions(action.ifRevision), action.value);
      const text = await answer.text();
      const by = answer.headers.get("Holdfast-Region") ?? `${answer.status}`;
      return { outcome: outcomeOf(action, answer, text), by };
    } catch (fault) {
      return { outcome: { type: "unknown" }, by: String(fault) };
    }
  }

  #fetch(method: string, path: string, headers: Record<string, string>, body?: string) {
    return fetch(`${this.#edge.url}/v1/default/keys/${path}`, {
      method,
      headers: {
        ...headers,
        Authorization: `Bearer ${this.#edge.token}`,
        "Content-Type": "text/plain",
        "Holdfast-Deadline-Ms": String(this.#deadlineMs),
      },
      body: body ?? null,
      signal: AbortSignal.timeout(this.#deadlineMs + GRACE_MS),
    });
  }
}

function conditions(ifRevision: number | null | undefined): Record<string, string> {
  if (ifRevision === undefined) return {};
  return ifRevision === null ? { "If-None-Match": "*" } : { "If-Match": `"${ifRevision}"` };
}

function outcomeOf(action: Action, answer: Response, text: string): Outcome {
  if (answer.ok && action.type === "get") {
    const revision = Number(/^"(\d+)"$/.exec(answer.headers.get("ETag") ?? "")?.[1]);
    return { type: "record", record: { revision, value: text } };
  }
  const said = JSON.parse(text) as {
    readonly code?: string;
    readonly definite?: boolean;
    readonly revision?: number | null;
    readonly created?: boolean;
  };
  if (answer.ok) {
    return { type: "written", revision: said.revision ?? 0, created: said.created === true };
  }
  if (said.code === "key-not-found") return { type: "record", record: null };
  if (said.code === "precondition-failed")
    return { type: "failed", revision: said.revision ?? null };
  return { type: said.definite === true ? "nothing" : "unknown" };
}
