// What a run can be told on the command line.
import { parseArgs } from "node:util";
import { storageFolder } from "./storage.ts";
import { UsageError } from "./usage-error.ts";

export const usage = `npm run bench -- [options] [workload | workload@clients ...]

  --quick            one short round over fewer keys: does everything work, roughly how fast?
  --rounds N         rounds, each with every system in every cell (5; levels 3 at most, lag 1)
  --seconds N        measured time of a cell (3; transactions 5 at least, transfers 10, lag 60)
  --warm-up N        load before that, in seconds (2)
  --keys N           how many keys "many" are (1000)
  --clients N,N      numbers of clients (1,16,64; levels 1,64, lag 64)
  --systems A,B      only these; ratios are to the first
  --storage WHERE    where the objects' databases are during a cell: "disk" (the system's temporary
                     folder, the default), "memory" (/dev/shm) or a folder
  --output FILE      the results with every sample, as JSON (dist/bench/results.json)
  --document         put the table into docs/benchmarks.md as well
  --help             this text`;

export interface Options {
  rounds: number;
  measureMs: number;
  warmUpMs: number;
  manyKeys: number;
  clients?: number[];
  systems?: string[];
  /** A folder. */
  storage: string;
  output: string;
  document: boolean;
  help: boolean;
  /** Names of workloads and cells; none means all. */
  cells: string[];
}

/** @throws {UsageError} on an unknown option or a value that is no amount */
export function options(args: readonly string[]): Options {
  const { values, positionals } = parsed(args);
  const usual = values.quick
    ? { rounds: 1, seconds: 2, warmUp: 1, keys: 100 }
    : { rounds: 5, seconds: 3, warmUp: 2, keys: 1_000 };
  return {
    rounds: amount("rounds", values.rounds, usual.rounds),
    measureMs: amount("seconds", values.seconds, usual.seconds) * 1_000,
    warmUpMs: amount("warm-up", values["warm-up"], usual.warmUp) * 1_000,
    manyKeys: amount("keys", values.keys, usual.keys),
    ...(values.clients === undefined
      ? {}
      : { clients: values.clients.split(",").map((count) => amount("clients", count, 0)) }),
    ...(values.systems === undefined ? {} : { systems: values.systems.split(",") }),
    storage: storageFolder(values.storage),
    output: values.output,
    document: values.document,
    help: values.help,
    cells: positionals,
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        quick: { type: "boolean", default: false },
        rounds: { type: "string" },
        seconds: { type: "string" },
        "warm-up": { type: "string" },
        keys: { type: "string" },
        clients: { type: "string" },
        systems: { type: "string" },
        storage: { type: "string", default: "disk" },
        output: { type: "string", default: "dist/bench/results.json" },
        document: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function amount(name: string, given: string | undefined, usual: number): number {
  if (given === undefined) return usual;
  const number = Number(given);
  if (!(number > 0)) throw new UsageError(`--${name} wants a number above 0, not "${given}"`);
  return number;
}
