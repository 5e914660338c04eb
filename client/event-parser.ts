/**
 * Server-sent events, as their bytes come (HTML Living Standard, §9.2.6).
 *
 * Written out, since `EventSource` can send no token and tells no status. Pieces may end anywhere: inside of a
 * character, between the two characters of a line's end, inside of a field.
 */

/** What stands between two blank lines. */
export interface ServerEvent {
  /** `message`, where the stream names none. */
  readonly event: string;
  /** Null where there is none: such a block is no event, and moves the position alone. */
  readonly data: string | null;
  /** The id that holds from here on; null where the stream has not said any yet. */
  readonly id: string | null;
}

export class EventParser {
  // It keeps half characters for the next piece. Of marks split between two pieces Node's drops more than the first.
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  #hasBegun = false;
  /** The line that has not ended yet. */
  #line = "";
  /** The last piece ended with a carriage return: a line feed that follows belongs to it. */
  #isAfterReturn = false;
  #event = "";
  #data: string[] = [];
  #id: string | null = null;
  #hasId = false;
  #retryMs: number | null = null;

  /** How long the stream asks to wait before coming back; null where it did not. */
  get retryMs(): number | null {
    return this.#retryMs;
  }

  /** What these bytes complete. What is incomplete at the end of a stream never was an event. */
  push(bytes: Uint8Array): ServerEvent[] {
    let text = this.#decoder.decode(bytes, { stream: true });
    if (text === "") return [];
    if (!this.#hasBegun && text.startsWith("\ufeff")) text = text.slice(1);
    this.#hasBegun = true;
    if (this.#isAfterReturn && text.startsWith("\n")) text = text.slice(1);
    this.#isAfterReturn = text.endsWith("\r");
    const lines = text.split(/\r\n|\r|\n/);
    const rest = lines.pop() ?? "";
    const events: ServerEvent[] = [];
    for (const line of lines) {
      const event = this.#endLine(this.#line + line);
      this.#line = "";
      if (event !== null) events.push(event);
    }
    this.#line += rest;
    return events;
  }

  #endLine(line: string): ServerEvent | null {
    if (line === "") return this.#dispatch();
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    switch (name) {
      case "event":
        this.#event = value;
        break;
      case "data":
        this.#data.push(value);
        break;
      case "id":
        if (value.includes("\0")) break;
        this.#id = value;
        this.#hasId = true;
        break;
      case "retry":
        if (/^\d{1,9}$/.test(value)) this.#retryMs = Number(value);
        break;
    }
    // A line without a name is a comment, and other names mean nothing.
    return null;
  }

  #dispatch(): ServerEvent | null {
    const data = this.#data.length === 0 ? null : this.#data.join("\n");
    const event = this.#event === "" ? "message" : this.#event;
    const isNews = data !== null || this.#hasId;
    this.#event = "";
    this.#data = [];
    this.#hasId = false;
    return isNews ? { event, data, id: this.#id } : null;
  }
}
