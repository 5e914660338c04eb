// What `npm run cluster` can be told on the command line.
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { parseRegions } from "../../shared/regions.ts";
import type { ClusterOptions } from "./cluster.ts";

export const usage = `npm run cluster -- [options]

  --port N          the edge's port (8787); 0 for any that is free
  --regions A,B,C   one, three or five regions; the first leads what nobody has used yet (wnam,enam,weur)
  --persist-to DIR  where the data are kept between runs (.wrangler/cluster)
  --help            this text`;

const kept = fileURLToPath(new URL("../../.wrangler/cluster", import.meta.url));
const portMax = 65_535;

/** @throws {UsageError} on an unknown option or a value that makes no sense */
export function options(args: readonly string[]): ClusterOptions | "help" {
  const values = parsed(args);
  if (values.help) return "help";
  const regions = parseRegions(values.regions);
  if (regions.type === "malformed") throw new UsageError(`--regions: ${regions.reason}`);
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > portMax) {
    throw new UsageError(`--port: "${values.port}" is no port`);
  }
  return {
    regions: regions.regions,
    port,
    token: "dev",
    folder: path.resolve(values["persist-to"]),
  };
}

export class UsageError extends Error {}

function parsed(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        port: { type: "string", default: "8787" },
        regions: { type: "string", default: "wnam,enam,weur" },
        "persist-to": { type: "string", default: kept },
        help: { type: "boolean", default: false },
      },
    });
    return values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
