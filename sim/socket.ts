/**
 * A socket between a Worker and an object that it watches: what is said arrives in order, each way, until something is lost on
 * the way. From then on nothing arrives, and nobody is told: whoever wants to know has to ask for a sign of life.
 */
import type { Region } from "../shared/types.ts";
import type { WatchEnd, WatchMessage, WorkerMessage } from "../shared/watch/message.ts";
import type { Network } from "./network.ts";

/** What the Worker hears. */
export type ObjectSays =
  | { readonly type: "message"; readonly message: WatchMessage }
  /** The platform's word that somebody is there, which does not wake the object. */
  | { readonly type: "pong" }
  /** It is closed; null where nobody says why. */
  | { readonly type: "over"; readonly end: WatchEnd | null };

/** What the object hears. */
export type WorkerSays =
  | { readonly type: "message"; readonly message: WorkerMessage }
  | { readonly type: "ping" }
  | { readonly type: "over" };

/** One way of it. */
class Lane {
  #sent = 0;
  #due = 0;
  readonly #early = new Map<number, () => void>();

  /** Has `arrive` called when it and all that was sent before it have come. */
  carry(send: (deliver: () => void) => void, arrive: () => void): void {
    const number = this.#sent++;
    send(() => {
      this.#early.set(number, arrive);
      for (;;) {
        const next = this.#early.get(this.#due);
        if (next === undefined) return;
        this.#early.delete(this.#due);
        this.#due += 1;
        next();
      }
    });
  }
}

export class Socket {
  readonly #network: Network;
  readonly #worker: Region;
  readonly #object: Region;
  readonly #there = new Lane();
  readonly #back = new Lane();
  #broken = false;
  /** Set by either side, before anything can have come. */
  onObjectSays: (what: ObjectSays) => void = () => {};
  onWorkerSays: (what: WorkerSays) => void = () => {};

  constructor(network: Network, worker: Region, object: Region) {
    this.#network = network;
    this.#worker = worker;
    this.#object = object;
  }

  toWorker(what: ObjectSays): void {
    if (this.#broken) return;
    this.#back.carry(
      (deliver) => this.#network.send(this.#object, this.#worker, false, deliver),
      () => {
        if (!this.#broken || what.type === "over") this.onObjectSays(what);
      },
    );
  }

  toObject(what: WorkerSays): void {
    if (this.#broken) return;
    this.#there.carry(
      (deliver) => this.#network.send(this.#worker, this.#object, false, deliver),
      () => {
        if (!this.#broken || what.type === "over") this.onWorkerSays(what);
      },
    );
  }

  /** Nothing passes any more. */
  cut(): void {
    this.#broken = true;
  }

  /** The object is gone; its machine may live to say so. */
  lose(told: boolean): void {
    if (told) this.toWorker({ type: "over", end: null });
    this.cut();
  }
}
