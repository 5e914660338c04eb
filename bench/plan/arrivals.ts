// The fan-out: puts as fast as they go, and how long each takes until a replica shows it.
import { type LoadRequest, NUMBER } from "../load/job.ts";
import type { System } from "../systems/system.ts";
import { read, record } from "./keys.ts";
import { reads, type Workload } from "./workload.ts";

const value = JSON.stringify(record);
const changing = value.replace("1843", NUMBER);

/**
 * One key in ten is looked at: a look that showed all of them would itself be part of the load. Which ones they are
 * makes no difference to anybody else.
 */
const watchedShare = 0.1;
/** A list shows no more keys than this at once. */
const watchedMax = 1_000;
const watchedPrefix = "seen-";

/** Long enough to see whether it grows. */
const measureMsMin = 60_000;
/** The stretches in which it is told. */
const windows = 6;
/** A queue that is not full waits a second for more before it delivers. */
const tailMs = 3_000;
/** Every look costs about as much as a put. */
const lookEveryMs = 50;
/** Longer than a leader waits until it asks the replicas whether they have everything. */
const patienceMs = 30_000;

/** A key that no load touches: what was put there is there before and after. */
const PROBE = "probe";

function put(system: System, key: string, body: string): LoadRequest {
  return { method: "PUT", path: `/v1/${system.namespace}/keys/${key}`, body };
}

/** @param manyKeys how many keys "many" are */
export function arrivalWorkload(manyKeys: number): Workload {
  const watched = Math.min(watchedMax, Math.max(1, Math.round(manyKeys * watchedShare)));
  const keys = Array.from({ length: manyKeys }, (_, index) =>
    index < watched ? `${watchedPrefix}${index}` : `many-${index}`,
  );
  return {
    name: "lag",
    chapter: "lag",
    calls: "arrivals",
    title: `put, ${manyKeys.toLocaleString("en")} keys, and until a replica has it`,
    clients: [64],
    roundsMax: 1,
    isSimulated: true,
    prefill: (system) => [...keys, PROBE].map((key) => put(system, key, value)),
    load: (system) => ({
      to: "all",
      requests: keys.map((key) => ({
        ...put(system, key, changing),
        ...(key.startsWith(watchedPrefix) && { isWatched: true }),
      })),
    }),
    watch: (system) => ({
      path: `/v1/${system.namespace}/keys?consistency=eventual&prefix=${watchedPrefix}&limit=${watched}`,
      everyMs: lookEveryMs,
      patienceMs,
      windows,
      tailMs,
    }),
    expected: [200],
    measureMsMin,
    proof: (system) => reads(read(system, PROBE), value),
  };
}
