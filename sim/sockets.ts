/**
 * The sockets of a member that is watched, as the platform keeps them: they outlive its memory where it only sleeps, each with
 * what it was to remember, and go with its process where that dies.
 */
import type { WatcherId, WatcherOutput } from "../shared/member/watch.ts";
import { WATCH_WINDOW_CHANGES } from "../shared/watch/limits.ts";
import type { Watcher } from "../shared/watch/watcher.ts";
import type { Socket } from "./socket.ts";

interface Open {
  readonly socket: Socket;
  watcher: Watcher;
}

export class Sockets {
  readonly #open = new Map<WatcherId, Open>();
  /** Called where a watcher is sent more than it has room for. */
  readonly #overfull: (id: WatcherId, changes: number) => void;

  constructor(overfull: (id: WatcherId, changes: number) => void) {
    this.#overfull = overfull;
  }

  attached(): { readonly id: WatcherId; readonly watcher: Watcher }[] {
    return [...this.#open].map(([id, { watcher }]) => ({ id, watcher }));
  }

  add(id: WatcherId, watcher: Watcher, socket: Socket): void {
    this.#open.set(id, { socket, watcher });
  }

  has(id: WatcherId): boolean {
    return this.#open.has(id);
  }

  remove(id: WatcherId): void {
    this.#open.delete(id);
  }

  tell({ id, keep, changes, position, end }: WatcherOutput): void {
    const open = this.#open.get(id);
    if (open === undefined) return;
    const { socket } = open;
    if (keep !== null) {
      open.watcher = keep;
      const { sent, taken } = keep;
      const ahead = sent.changes - taken.changes;
      if (ahead > WATCH_WINDOW_CHANGES) this.#overfull(id, ahead);
    }
    if (changes.length > 0) {
      socket.toWorker({ type: "message", message: { type: "changes", changes } });
    }
    if (position !== null) {
      socket.toWorker({ type: "message", message: { type: "position", position } });
    }
    if (end === null) return;
    socket.toWorker({ type: "over", end });
    this.#open.delete(id);
  }

  /** What it says is lost, and so is all that it says from now on. */
  cut(id: WatcherId): void {
    this.#open.get(id)?.socket.cut();
  }

  /** Their process is gone, and some of those at the other ends hear of it. */
  lose(told: () => boolean): void {
    for (const { socket } of this.#open.values()) socket.lose(told());
    this.#open.clear();
  }
}
