/** A client that watches: server-sent events and WebSockets, read one event at a time. */
import { expect } from "vitest";
import { type Event, EventStream } from "../event-stream.ts";
import { type Call, call, request } from "./service.ts";

export type { Event };
export { EventStream };

export const watchPath = (ns: string, query: string): string => `/v1/${ns}/watch?${query}`;

const open = new Set<EventStream | SocketStream>();

/** Begins a watch, which must succeed. */
export async function watch(ns: string, query: string, about: Call = {}): Promise<EventStream> {
  const response = await call("GET", watchPath(ns, query), about);
  expect(response.status, await problemOf(response)).toBe(200);
  expect(response.headers.get("Content-Type")).toBe("text/event-stream");
  const stream = new EventStream(response);
  open.add(stream);
  return stream;
}

const problemOf = async (response: Response): Promise<string> =>
  response.status === 200 ? "" : response.clone().text();

/** The same as a WebSocket. */
export class SocketStream {
  readonly #socket: WebSocket;
  readonly #events: Event[] = [];
  #wake: () => void = () => {};
  closed: { readonly code: number; readonly reason: string } | null = null;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => {
      this.#events.push(JSON.parse(String(data)) as Event);
      this.#wake();
    });
    socket.addEventListener("close", ({ code, reason }) => {
      this.closed = { code, reason };
      this.#wake();
    });
    socket.accept();
  }

  /** The next event; null behind the last one. */
  async next(): Promise<Event | null> {
    for (;;) {
      const event = this.#events.shift();
      if (event !== undefined) return event;
      if (this.closed !== null) return null;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async take(count: number): Promise<Event[]> {
    const events: Event[] = [];
    while (events.length < count) {
      const event = await this.next();
      if (event === null) throw new Error(`the socket closed after ${JSON.stringify(events)}`);
      events.push(event);
    }
    return events;
  }

  say(text: string): void {
    this.#socket.send(text);
  }

  async close(): Promise<void> {
    if (this.closed === null) this.#socket.close(1000);
  }
}

/** Asks for a WebSocket. */
export const upgrade = (ns: string, query: string, about: Call = {}): Promise<Response> => {
  const asked = request("GET", watchPath(ns, query), about);
  const headers = new Headers(asked.headers);
  headers.set("Upgrade", "websocket");
  return call("GET", watchPath(ns, query), { ...about, headers: Object.fromEntries(headers) });
};

export async function watchSocket(
  ns: string,
  query: string,
  about: Call = {},
): Promise<SocketStream> {
  const response = await upgrade(ns, query, about);
  expect(response.status).toBe(101);
  if (response.webSocket === null) throw new Error("there is no socket");
  const stream = new SocketStream(response.webSocket);
  open.add(stream);
  return stream;
}

/** Ends all watches that the test has begun. */
export async function closeAll(): Promise<void> {
  for (const stream of open) await stream.close();
  open.clear();
}
