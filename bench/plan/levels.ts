// Reads at each level, beside what else a Worker could read from. Every system gives the same values of the same keys,
// in its own way.
import type { LoadRequest } from "../load/job.ts";
import type { System } from "../systems/system.ts";
import { record } from "./keys.ts";
import { transact } from "./transactions.ts";
import { reads, type Workload } from "./workload.ts";

const value = JSON.stringify(record);

/** Few enough that an isolate that is busy reads each again and again within the second that it may remember it for. */
const keys = Array.from({ length: 100 }, (_, index) => `many-${index}`);

/**
 * So many that no client comes back to one within a second, at any rate that a replica can answer. They are of one group,
 * so that they are quickly written; to a replica that is all the same.
 */
const scattered = Array.from({ length: 20_000 }, (_, index) => `{far}${index}`);
/** As many puts as a transaction may have. */
const putsPerTransaction = 128;

const HOT = "hot";
/** A key that no load touches: what was put there is there before and after. */
const PROBE = "probe";

const pathOf = (system: System, key: string) => `/v1/${system.namespace}/keys/${key}`;

const put = (system: System, key: string): LoadRequest => ({
  method: "PUT",
  path: pathOf(system, key),
  body: value,
});

function read(system: System, key: string, bookmark?: string): LoadRequest {
  const path = `${pathOf(system, key)}${system.reading?.query ?? ""}`;
  if (bookmark === undefined) return { method: "GET", path };
  return { method: "GET", path, headers: { "holdfast-bookmark": bookmark } };
}

function putAll(system: System, keys: readonly string[]): LoadRequest[] {
  const transactions = Math.ceil(keys.length / putsPerTransaction);
  return Array.from({ length: transactions }, (_, index) => {
    const some = keys.slice(index * putsPerTransaction, (index + 1) * putsPerTransaction);
    return transact(system, { then: some.map((key) => ({ op: "put", key, value: record })) });
  });
}

const isScattered = ({ reading }: System): boolean => reading?.isScattered ?? false;

const common = {
  chapter: "levels",
  // Five minutes, all of them together.
  roundsMax: 3,
  isSimulated: true,
  expected: [200],
  proof: (system: System) => reads(read(system, PROBE), value),
} satisfies Partial<Workload>;

const levels: Workload = {
  ...common,
  name: "levels",
  calls: "levels",
  title: `get, ${keys.length} keys`,
  // One shows how long a read takes, and sixty-four how many there can be.
  clients: [1, 64],
  prefill: (system) => [
    ...(isScattered(system) ? putAll(system, scattered) : keys.map((key) => put(system, key))),
    put(system, PROBE),
  ],
  load: (system, bookmarks) =>
    isScattered(system)
      ? { to: "dealt", requests: scattered.map((key) => read(system, key)) }
      : {
          to: "all",
          requests: keys.map((key) => {
            const bookmark = bookmarks.get(pathOf(system, key));
            return read(system, key, system.reading?.sendsBookmark ? bookmark : undefined);
          }),
        },
};

/** Of a key that everybody asks for, all but one read in a half second are from memory: what does such a read cost? */
const levelsHot: Workload = {
  ...common,
  name: "levels-hot",
  calls: "hot-levels",
  title: "get, one hot key",
  clients: [64],
  prefill: (system) => [put(system, HOT), put(system, PROBE)],
  load: (system) => ({ to: "all", requests: [read(system, HOT)] }),
};

export const levelWorkloads: readonly Workload[] = [levels, levelsHot];
