import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Instant, logIndex, ms, region } from "../shared/types.ts";
import { ageOf, type Brought, isYoung, Memory } from "./memory.ts";

const at = (time: number): Instant => time as Instant;

function brought(index: number, time = 0, bytes = 0, currentAt: number | null = null): Brought {
  return {
    record: {
      key: "",
      revision: logIndex(index),
      value: { bytes: new Uint8Array(bytes), contentType: "text/plain" },
      expiresAt: null,
    },
    index: logIndex(index),
    sentAt: at(time),
    currentAt: currentAt === null ? null : at(currentAt),
    region: region("weur"),
  };
}

const roomy = () => new Memory({ bytesMax: 1_000_000, groupsMax: 100 });

describe("what is remembered", () => {
  it("is served until something newer of its group was told", () => {
    const memory = roomy();
    memory.keep("ns", "g", "{g}a", brought(3));
    expect(memory.recall("ns", "{g}a")?.index).toBe(3);
    memory.saw("ns", "g", logIndex(3));
    memory.saw("ns", "g", logIndex(2));
    memory.saw("other", "g", logIndex(9));
    memory.saw("ns", "h", logIndex(9));
    expect(memory.recall("ns", "{g}a")?.index).toBe(3);
    memory.saw("ns", "g", logIndex(4));
    expect(memory.recall("ns", "{g}a")).toBeNull();
    expect(memory.bytes).toBe(0);
  });

  it("raises what its group is known to have, and is refused below it", () => {
    const memory = roomy();
    expect(memory.floor("ns", "g")).toBe(0);
    memory.keep("ns", "g", "{g}a", brought(5));
    expect(memory.floor("ns", "g")).toBe(5);
    expect(memory.keep("ns", "g", "{g}b", brought(4))).toBeNull();
    expect(memory.recall("ns", "{g}b")).toBeNull();
  });

  it("of one index is one state: what was proven of it before still holds", () => {
    const memory = roomy();
    memory.keep("ns", "g", "g", brought(5, 100, 0, 100));
    const again = memory.keep("ns", "g", "g", brought(5, 900));
    expect(again).toMatchObject({ sentAt: 900, currentAt: 100 });
    const newer = memory.keep("ns", "g", "g", brought(6, 950));
    expect(newer).toMatchObject({ sentAt: 950, currentAt: null });
  });

  it("is found by its URL as long as it counts", () => {
    const memory = roomy();
    const entry = memory.keep("ns", "g", "g", brought(5));
    if (entry !== null) memory.name(entry, "http://x/");
    expect(memory.recallNamed("http://x/")).toBe(entry);
    expect(memory.recallNamed("http://y/")).toBeNull();
    memory.saw("ns", "g", logIndex(6));
    expect(memory.recallNamed("http://x/")).toBeNull();
    const next = memory.keep("ns", "g", "g", brought(6));
    // The name was the old answer's.
    expect(memory.recallNamed("http://x/")).toBeNull();
    if (next !== null) memory.name(next, "http://x/");
    if (entry !== null) memory.name(entry, "http://x/");
    expect(memory.recallNamed("http://x/")).toBe(next);
  });

  it("may be that a key is absent", () => {
    const memory = roomy();
    memory.keep("ns", "g", "g", { ...brought(5), record: null });
    expect(memory.recall("ns", "g")).toMatchObject({ record: null, index: 5 });
  });
});

describe("its limits", () => {
  it("let what was used longest ago go first", () => {
    const memory = new Memory({ bytesMax: 3_600, groupsMax: 100 });
    for (const key of ["a", "b", "c"]) memory.keep("ns", key, key, brought(1, 0, 600));
    memory.recall("ns", "a");
    memory.keep("ns", "d", "d", brought(1, 0, 600));
    expect(["a", "b", "c", "d"].filter((key) => memory.recall("ns", key) !== null)).toEqual([
      "a",
      "c",
      "d",
    ]);
  });

  it("keep out what is larger than all of it", () => {
    const memory = new Memory({ bytesMax: 1_000, groupsMax: 100 });
    memory.keep("ns", "a", "a", brought(1, 0, 100));
    expect(memory.keep("ns", "b", "b", brought(1, 0, 2_000))).toBeNull();
    expect(memory.recall("ns", "a")).not.toBeNull();
  });

  it("serve nothing of a group that was forgotten", () => {
    const memory = new Memory({ bytesMax: 1_000_000, groupsMax: 2 });
    memory.keep("ns", "a", "a", brought(7));
    memory.saw("ns", "b", logIndex(1));
    memory.saw("ns", "c", logIndex(1));
    expect(memory.groups).toBe(2);
    expect(memory.recall("ns", "a")).toBeNull();
  });
});

describe("an answer's age", () => {
  it("counts from when it was current, on a clock that may be slow", () => {
    expect(ageOf({ currentAt: at(1_000) }, at(1_900))).toBe(1_000);
    expect(ageOf({ currentAt: at(1_000) }, at(1_000))).toBe(0);
    expect(ageOf({ currentAt: null }, at(1_000))).toBeNull();
    expect(ageOf({ currentAt: at(1_001) }, at(1_000))).toBeNull();
  });

  it("is young for a while, and never if the clock was set back", () => {
    expect(isYoung({ sentAt: at(0) }, at(1_000), ms(1_000))).toBe(true);
    expect(isYoung({ sentAt: at(0) }, at(1_001), ms(1_000))).toBe(false);
    expect(isYoung({ sentAt: at(1) }, at(0), ms(1_000))).toBe(false);
  });
});

/** Remembers everything, and says what may be served at most. */
class Twin {
  readonly highest = new Map<string, number>();
  readonly last = new Map<string, number>();

  saw(group: string, index: number): void {
    this.highest.set(group, Math.max(index, this.highest.get(group) ?? 0));
  }

  keep(group: string, key: string, index: number): void {
    this.saw(group, index);
    if (index >= (this.highest.get(group) ?? 0)) this.last.set(key, index);
  }

  recall(group: string, key: string): number | null {
    const index = this.last.get(key);
    return index !== undefined && index >= (this.highest.get(group) ?? 0) ? index : null;
  }
}

it("never goes backwards and never forgets without need, beside one that remembers everything", () => {
  const group = fc.constantFrom("g", "h", "i");
  const key = fc.constantFrom("a", "b");
  const index = fc.integer({ min: 1, max: 6 });
  const step = fc.oneof(
    fc.record({ do: fc.constant("saw" as const), group, key, index }),
    fc.record({ do: fc.constant("keep" as const), group, key, index }),
    fc.record({ do: fc.constant("recall" as const), group, key, index }),
  );
  const limits = fc.constantFrom(
    { bytesMax: 1_000_000, groupsMax: 100 },
    { bytesMax: 1_700, groupsMax: 100 },
    { bytesMax: 1_000_000, groupsMax: 2 },
  );
  fc.assert(
    fc.property(limits, fc.array(step, { maxLength: 40 }), (bounds, steps) => {
      const memory = new Memory(bounds);
      const twin = new Twin();
      const ample = bounds.bytesMax === 1_000_000 && bounds.groupsMax === 100;
      for (const one of steps) {
        const name = `{${one.group}}${one.key}`;
        if (one.do === "saw") {
          memory.saw("ns", one.group, logIndex(one.index));
          twin.saw(one.group, one.index);
        } else if (one.do === "keep") {
          memory.keep("ns", one.group, name, brought(one.index, 0, 100));
          twin.keep(one.group, name, one.index);
        }
        const found = memory.recall("ns", name)?.index ?? null;
        const expected = twin.recall(one.group, name);
        if (ample) expect(found).toBe(expected);
        // Where groups are forgotten, what they were told of is too; what is found still rests on what is known.
        else if (found !== null)
          expect(found).toBeGreaterThanOrEqual(memory.floor("ns", one.group));
        if (found !== null && bounds.groupsMax === 100) expect(found).toBe(expected);
        expect(memory.bytes).toBeLessThanOrEqual(bounds.bytesMax);
        expect(memory.groups).toBeLessThanOrEqual(bounds.groupsMax);
      }
    }),
  );
});
