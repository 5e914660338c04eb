/**
 * The sockets of an object that is watched. They outlive its memory: what is to be known of a watcher is kept with its
 * socket (at most 16 KiB, of which it takes two), so an idle object with a thousand watchers sleeps.
 *
 * Source: Cloudflare's documentation of the WebSocket Hibernation API.
 */
import type { WatchChange, WatchEnd, WatchMessage } from "../shared/watch/message.ts";
import { closeOf, encodeMessage, PING, PONG } from "./watch-wire.ts";

/** What is kept with a socket. Old and new code run side by side for minutes, so it carries a version. */
export interface Attachment<Ref, Watcher> {
  readonly version: 1;
  /** The object, which may not know its own name when the socket wakes it. */
  readonly ref: Ref;
  readonly watcher: Watcher;
}

export class WatchSockets<Ref, Watcher> {
  readonly #state: DurableObjectState;
  readonly #sockets = new Map<string, WebSocket>();

  constructor(state: DurableObjectState) {
    this.#state = state;
    for (const socket of state.getWebSockets()) this.#sockets.set(this.idOf(socket), socket);
  }

  attached(): { id: string; watcher: Watcher }[] {
    return [...this.#sockets].map(([id, socket]) => ({
      id,
      watcher: this.attachmentOf(socket).watcher,
    }));
  }

  /** Opens a socket. Gives its id, and the answer that takes its other end to whoever asked. */
  open(ref: Ref, watcher: Watcher): { readonly id: string; readonly response: Response } {
    const { 0: theirs, 1: ours } = new WebSocketPair();
    const id = crypto.randomUUID();
    this.#state.acceptWebSocket(ours, [id]);
    this.#state.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG));
    this.#sockets.set(id, ours);
    this.#keep(ours, ref, watcher);
    return { id, response: new Response(null, { status: 101, webSocket: theirs }) };
  }

  idOf(socket: WebSocket): string {
    const [id] = this.#state.getTags(socket);
    if (id === undefined) throw new Error("a watcher's socket has no id");
    return id;
  }

  attachmentOf(socket: WebSocket): Attachment<Ref, Watcher> {
    return socket.deserializeAttachment() as Attachment<Ref, Watcher>;
  }

  /** Keeps what is new of a watcher. */
  keep(id: string, watcher: Watcher): void {
    const socket = this.#sockets.get(id);
    if (socket !== undefined) this.#keep(socket, this.attachmentOf(socket).ref, watcher);
  }

  sendChanges(id: string, changes: readonly WatchChange[]): void {
    if (changes.length > 0) this.send(id, { type: "changes", changes });
  }

  send(id: string, message: WatchMessage): void {
    const socket = this.#sockets.get(id);
    // What is sent to a socket that is closing goes nowhere, and its watcher resumes where it was.
    if (socket?.readyState !== WebSocket.OPEN) return;
    for (const part of encodeMessage(message)) socket.send(part);
  }

  close(id: string, end: WatchEnd): void {
    const socket = this.#sockets.get(id);
    this.#sockets.delete(id);
    const { code, reason } = closeOf(end);
    if (socket?.readyState === WebSocket.OPEN) socket.close(code, reason);
  }

  /** The socket has been closed from the other end, or broke. */
  forget(id: string): void {
    this.#sockets.delete(id);
  }

  #keep(socket: WebSocket, ref: Ref, watcher: Watcher): void {
    const attachment: Attachment<Ref, Watcher> = { version: 1, ref, watcher };
    socket.serializeAttachment(attachment);
  }
}
