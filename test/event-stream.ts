/** A stream of server-sent events, read one at a time, as the HTML standard has it. */

export interface Event {
  readonly id: string;
  readonly event: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test says what it expects.
  readonly data: any;
}

/** A stream of events. Reads only when told to. */
export class EventStream {
  readonly response: Response;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #decoder = new TextDecoder();
  #text = "";
  /** Every comment that came. */
  readonly comments: string[] = [];
  /** What a client would send as `Last-Event-ID`. */
  lastId = "";

  constructor(response: Response) {
    if (response.body === null) throw new Error("a stream has a body");
    this.response = response;
    this.#reader = response.body.getReader();
  }

  /** The next event; null behind the last one. */
  async next(): Promise<Event | null> {
    for (;;) {
      const block = await this.#block();
      if (block === null) return null;
      const event = this.#parse(block);
      if (event !== null) return event;
    }
  }

  async take(count: number): Promise<Event[]> {
    const events: Event[] = [];
    while (events.length < count) {
      const event = await this.next();
      if (event === null) throw new Error(`the stream ended after ${JSON.stringify(events)}`);
      events.push(event);
    }
    return events;
  }

  async close(): Promise<void> {
    await this.#reader.cancel();
  }

  async #block(): Promise<string | null> {
    for (;;) {
      const end = this.#text.indexOf("\n\n");
      if (end >= 0) {
        const block = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 2);
        return block;
      }
      const { done, value } = await this.#reader.read();
      if (done) return null;
      this.#text += this.#decoder.decode(value, { stream: true });
    }
  }

  /** As the HTML standard has it: without data nothing is dispatched, and the id moves all the same. */
  #parse(block: string): Event | null {
    let event = "message";
    const data: string[] = [];
    for (const line of block.split("\n")) {
      const [, field = "", value = ""] = /^([^:]*): ?(.*)$/s.exec(line) ?? [];
      if (field === "") this.comments.push(value);
      else if (field === "id") this.lastId = value;
      else if (field === "event") event = value;
      else if (field === "data") data.push(value);
    }
    if (data.length === 0) return null;
    return { id: this.lastId, event, data: JSON.parse(data.join("\n")) };
  }
}
