import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Instant, ms } from "../../shared/types.ts";
import { Lane, type Passenger, type Trip } from "./lane.ts";

interface Rider extends Passenger {
  readonly name: string;
}

const LIMITS = { passengersMax: 3, bytesMax: 100, tripMsMax: ms(1_000) };
const at = (time: number) => time as Instant;
const rider = (name: string, bytes = 1): Rider => ({ name, bytes, trip: null });
const namesOf = (trip: Trip<Rider> | null) =>
  trip?.passengers.map((one) => one.name).join("") ?? "";

function busyLane(): { lane: Lane<Rider>; first: Trip<Rider> } {
  const lane = new Lane<Rider>(LIMITS);
  const first = lane.arrive(rider("-"), at(0));
  if (first === null) throw new Error("an empty lane made somebody wait");
  return { lane, first };
}

describe("a lane", () => {
  it("lets who comes first go at once, alone", () => {
    const one = rider("a");
    const trip = new Lane<Rider>(LIMITS).arrive(one, at(5));
    expect(namesOf(trip)).toBe("a");
    expect(one.trip).toBe(trip);
    expect(trip?.departedAt).toBe(5);
  });

  it("keeps who comes during a call for the next, in order of arrival", () => {
    const { lane, first } = busyLane();
    for (const name of "abc") expect(lane.arrive(rider(name), at(1))).toBeNull();
    expect(namesOf(lane.finish(first, at(2)))).toBe("abc");
  });

  it("takes no more than a call may carry", () => {
    const { lane, first } = busyLane();
    for (const name of "abcd") lane.arrive(rider(name), at(1));
    const second = lane.finish(first, at(2));
    expect(namesOf(second)).toBe("abc");
    expect(namesOf(lane.finish(second as Trip<Rider>, at(3)))).toBe("d");
  });

  it("takes no more bytes than a call may carry, and lets nobody overtake", () => {
    const { lane, first } = busyLane();
    const waiting = [rider("a", 60), rider("b", 60), rider("c", 1)];
    for (const one of waiting) lane.arrive(one, at(1));
    const second = lane.finish(first, at(2));
    expect(namesOf(second)).toBe("a");
    expect(waiting[1]?.trip).toBeNull();
    expect(namesOf(lane.finish(second as Trip<Rider>, at(3)))).toBe("bc");
  });

  it("carries even one that is larger than that, alone", () => {
    const { lane, first } = busyLane();
    lane.arrive(rider("a", 1_000), at(1));
    lane.arrive(rider("b", 1), at(1));
    expect(namesOf(lane.finish(first, at(2)))).toBe("a");
  });

  it("is idle when nobody uses it", () => {
    const { lane, first } = busyLane();
    expect(lane.idle).toBe(false);
    expect(lane.finish(first, at(1))).toBeNull();
    expect(lane.idle).toBe(true);
  });

  it("does not carry who has left", () => {
    const { lane, first } = busyLane();
    const one = rider("a");
    lane.arrive(one, at(1));
    lane.arrive(rider("b"), at(1));
    lane.leave(one);
    lane.leave(one);
    expect(namesOf(lane.finish(first, at(2)))).toBe("b");
  });

  it("makes nobody wait behind a call that has been under way too long", () => {
    const { lane, first } = busyLane();
    lane.arrive(rider("a"), at(1));
    expect(lane.arrive(rider("b"), at(999))).toBeNull();
    const second = lane.arrive(rider("c"), at(1_000));
    expect(namesOf(second)).toBe("cab");
    // The slow call ends after all: it hands nothing on, or two calls would be under way.
    lane.arrive(rider("d"), at(1_001));
    expect(lane.finish(first, at(1_002))).toBeNull();
    expect(namesOf(lane.finish(second as Trip<Rider>, at(1_003)))).toBe("d");
  });

  it("forgets the call of who comes again", () => {
    const { lane } = busyLane();
    const one = rider("a");
    one.trip = { passengers: [one], departedAt: at(0) };
    lane.arrive(one, at(1));
    expect(one.trip).toBeNull();
  });

  it("carries everybody exactly once, whatever comes when", () => {
    const event = fc.oneof(
      {
        weight: 3,
        arbitrary: fc.record({ type: fc.constant("arrive" as const), bytes: fc.nat(120) }),
      },
      {
        weight: 2,
        arbitrary: fc.record({ type: fc.constant("finish" as const), bytes: fc.nat(9) }),
      },
      { weight: 1, arbitrary: fc.record({ type: fc.constant("late" as const), bytes: fc.nat(9) }) },
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const lane = new Lane<Rider>(LIMITS);
        const carried: string[] = [];
        const arrived: string[] = [];
        const trips: Trip<Rider>[] = [];
        let now = 0;
        const depart = (trip: Trip<Rider> | null) => {
          if (trip === null) return;
          expect(trip.passengers.length).toBeLessThanOrEqual(LIMITS.passengersMax);
          for (const one of trip.passengers) expect(one.trip).toBe(trip);
          carried.push(...trip.passengers.map((one) => one.name));
          trips.push(trip);
        };
        for (const { type, bytes } of events) {
          now += type === "late" ? LIMITS.tripMsMax : 1;
          if (type === "finish") {
            const ending = trips[bytes % Math.max(1, trips.length)];
            if (ending !== undefined) depart(lane.finish(ending, at(now)));
            continue;
          }
          const name = `${arrived.length}`;
          arrived.push(name);
          depart(lane.arrive(rider(name, bytes), at(now)));
        }
        for (let i = 0; i < arrived.length + 1; i++) {
          const last = trips.at(-1);
          if (last !== undefined) depart(lane.finish(last, at(++now)));
        }
        expect([...carried].sort()).toEqual([...arrived].sort());
        expect(lane.idle).toBe(true);
      }),
    );
  });
});
