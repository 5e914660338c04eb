import { describe, expect, it } from "vitest";
import type { RegionStatus } from "./cluster.ts";
import { command, commandsHelp } from "./commands.ts";

/** Two regions that do as they are told, but for `weur`, which cannot be restarted. */
class Regions {
  readonly regions = ["wnam", "weur"];
  readonly #status = new Map<string, RegionStatus>();

  status = (region: string) => this.#status.get(region) ?? "running";
  pid = () => 7;
  stop = (region: string) => void this.#status.set(region, "stopped");
  resume = (region: string) => void this.#status.set(region, "running");
  kill = async (region: string) => void this.#status.set(region, "ended");
  restart = async (region: string) => {
    if (region === "weur") throw new Error("no");
    this.#status.set(region, "running");
  };
}

describe("a line typed at the cluster", () => {
  it("does what it says to its region alone", async () => {
    const cluster = new Regions();
    expect(await command(cluster, "kill wnam")).toMatch(
      /wnam +pid 7, ended\n.*weur +pid 7, running/,
    );
    expect(await command(cluster, " stop  weur ")).toMatch(/wnam.*ended\n.*weur.*stopped/);
    await command(cluster, "restart wnam");
    expect(await command(cluster, "resume weur")).toMatch(/wnam.*running\n.*weur.*running/);
  });

  it("tells how things stand where it is empty", async () => {
    expect(await command(new Regions(), "")).toContain("pid 7, running");
  });

  it.each(["kill", "kill wnam weur", "toString wnam", "bury wnam"])(
    "lists the commands where it is none: %s",
    async (line) => {
      expect(await command(new Regions(), line)).toBe(commandsHelp);
    },
  );

  it("says why it could not be done", async () => {
    expect(await command(new Regions(), "stop moon")).toContain("no region moon");
    expect(await command(new Regions(), "restart weur")).toBe("  no");
  });
});
