// What can be done to a running cluster, a line each: a verb, and the region it is done to.
import type { Cluster } from "./cluster.ts";

type Regions = Pick<Cluster, "regions" | "status" | "pid" | "kill" | "restart" | "stop" | "resume">;

const verbs: Readonly<Record<string, (cluster: Regions, region: string) => void | Promise<void>>> =
  {
    kill: (cluster, region) => cluster.kill(region),
    restart: (cluster, region) => cluster.restart(region),
    stop: (cluster, region) => cluster.stop(region),
    resume: (cluster, region) => cluster.resume(region),
  };

export const commandsHelp = `  kill REGION        SIGKILL
  restart REGION     start it again, on the data it had
  stop REGION        SIGSTOP
  resume REGION      SIGCONT`;

/** Carries a line out, and gives what to say of it. */
export async function command(cluster: Regions, line: string): Promise<string> {
  const [verb = "", region, ...more] = line.trim().split(/\s+/);
  if (verb === "") return describe(cluster);
  const act = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
  if (act === undefined || region === undefined || more.length > 0) return commandsHelp;
  if (!cluster.regions.includes(region)) {
    return `  there is no region ${region}, only ${cluster.regions.join(", ")}`;
  }
  try {
    await act(cluster, region);
  } catch (fault) {
    return `  ${(fault as Error).message}`;
  }
  return describe(cluster);
}

/** A line for each region. */
export function describe(cluster: Pick<Cluster, "regions" | "status" | "pid">): string {
  return cluster.regions
    .map((region) => `  ${region.padEnd(18)} pid ${cluster.pid(region)}, ${cluster.status(region)}`)
    .join("\n");
}
