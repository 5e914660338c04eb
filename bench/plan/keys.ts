// Puts and strong gets of keys, the calls that this benchmark began with. A `GET` without a level is
// strong.
import { type LoadRequest, NUMBER } from "../load/job.ts";
import type { System } from "../systems/system.ts";
import { reads, type Workload } from "./workload.ts";

/** A small JSON document, of about 100 bytes. */
export const record = {
  name: "Ada Lovelace",
  visits: 1843,
  tags: ["first", "analyst", "poet"],
  note: "of numbers and of music",
};

const value = JSON.stringify(record);

/** The same with a number that is another each time: a put of what is there already would write nothing. */
const changing = value.replace("1843", NUMBER);

function put(system: System, key: string): LoadRequest {
  return { method: "PUT", path: `/v1/${system.namespace}/keys/${key}`, body: value };
}

function change(system: System, key: string): LoadRequest {
  return { ...put(system, key), body: changing };
}

export function read(system: System, key: string): LoadRequest {
  return { method: "GET", path: `/v1/${system.namespace}/keys/${key}` };
}

/** A key that no load touches: what was put there is there before and after. */
const PROBE = "probe";

/** Over many keys, each of which exists and has its object in memory: warm. */
function overMany(
  name: string,
  title: string,
  request: typeof put,
  expected: readonly number[],
  count: number,
): Workload {
  const keys = Array.from({ length: count }, (_, index) => `many-${index}`);
  return {
    name,
    chapter: "keys",
    calls: "keys",
    title: `${title}, ${count.toLocaleString("en")} keys`,
    prefill: (system) => [...keys, PROBE].map((key) => put(system, key)),
    load: (system) => ({ to: "all", requests: keys.map((key) => request(system, key)) }),
    expected,
    proof: (system) => reads(read(system, PROBE), value),
  };
}

/** All clients on one key, which exists. */
function onOne(
  name: string,
  title: string,
  request: typeof put,
  expected: readonly number[],
): Workload {
  const key = "hot";
  return {
    name,
    chapter: "keys",
    calls: "keys",
    title: `${title}, one hot key`,
    prefill: (system) => [put(system, key), put(system, PROBE)],
    load: (system) => ({ to: "all", requests: [request(system, key)] }),
    expected,
    proof: (system) => reads(read(system, PROBE), value),
  };
}

/** Every put to a key that was never used: a new object, a new database each. */
const putNew: Workload = {
  name: "put-new",
  chapter: "keys",
  calls: "keys",
  title: "put, new keys",
  prefill: () => [],
  load: (system) => ({ to: "all", requests: [put(system, `new-${NUMBER}`)] }),
  // The yardstick does not know whether a key is new, and says 200.
  expected: [200, 201],
};

/** @param manyKeys how many keys "many" are */
export function keyWorkloads(manyKeys: number): Workload[] {
  return [
    overMany("put", "put", change, [200], manyKeys),
    overMany("get", "strong get", read, [200], manyKeys),
    onOne("put-hot", "put", change, [200]),
    onOne("get-hot", "strong get", read, [200]),
    putNew,
  ];
}
