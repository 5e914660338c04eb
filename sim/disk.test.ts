import { describe, expect, it } from "vitest";
import type { Instant } from "../shared/types.ts";
import { Disk, type DiskManner } from "./disk.ts";
import { NodeSql } from "./node-sql.ts";
import { Random } from "./random.ts";
import { Timeline } from "./timeline.ts";

const PROMPT: DiskManner = {
  latency: () => 10,
  fails: () => false,
  crashes: () => false,
  compacts: () => {},
};

function world(seed = 1, manner: Partial<DiskManner> = {}) {
  const timeline = new Timeline();
  const crashes: number[] = [];
  const disk = new Disk(new NodeSql(), timeline, new Random(seed), { ...PROMPT, ...manner }, () =>
    crashes.push(timeline.now),
  );
  disk.run("CREATE TABLE t (n INTEGER)", []);
  disk.seal();
  const put = (n: number) => {
    disk.run("INSERT INTO t VALUES (?)", [n]);
    disk.seal();
  };
  const rows = () => disk.all("SELECT n FROM t ORDER BY n", []).map((row) => row.n);
  const until = (time: number) => {
    let over = false;
    timeline.at(time, () => {
      over = true;
    });
    return timeline.run(() => over);
  };
  return { timeline, disk, put, rows, until, crashes };
}

describe("the simulated disk", () => {
  it("confirms turns in order, each after its time", async () => {
    const { disk, put, until } = world(1, { latency: () => 10 });
    await until(20);
    const told: number[] = [];
    put(1);
    void disk.confirm().then(() => told.push(1));
    await until(25);
    put(2);
    void disk.confirm().then(() => told.push(2));
    await until(29);
    expect(told).toEqual([]);
    await until(31);
    expect(told).toEqual([1]);
    await until(36);
    expect(told).toEqual([1, 2]);
    expect(disk.unconfirmedTurns).toBe(0);
  });

  it("loses, in a crash, some suffix of what was not confirmed, and nothing else", async () => {
    const kept = new Set<string>();
    for (let seed = 1; seed <= 60; seed++) {
      const { disk, put, rows, until } = world(seed);
      put(1);
      await until(15);
      put(2);
      put(3);
      put(4);
      disk.run("INSERT INTO t VALUES (5)", []);
      disk.crash();
      kept.add(rows().join(" "));
    }
    expect([...kept].sort()).toEqual(["1", "1 2", "1 2 3", "1 2 3 4"]);
  });

  it("takes the alarm and the count of rows back with their turn", async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const { disk, put, rows, until } = world(seed);
      put(1);
      disk.setAlarm(100 as Instant);
      await until(50);
      disk.seal();
      await until(70);
      put(2);
      disk.setAlarm(200 as Instant);
      disk.crash();
      expect(disk.alarm).toBe(100);
      expect(disk.rowsWritten).toBe(rows().length);
    }
  });

  it("goes on after a crash as after a restart", async () => {
    const { disk, put, rows, until } = world(3);
    await until(20);
    put(1);
    disk.crash();
    const before = rows();
    put(2);
    await until(60);
    disk.crash();
    expect(rows()).toEqual([...before, 2]);
  });

  it("tells those who wait when it fails, and confirms nothing behind", async () => {
    let failing = false;
    const { disk, put, until } = world(1, { fails: () => failing });
    await until(20);
    failing = true;
    const heard: string[] = [];
    put(1);
    disk.confirm().catch((fault: Error) => heard.push(fault.name));
    put(2);
    failing = true;
    disk.confirm().catch((fault: Error) => heard.push(fault.name));
    await until(60);
    expect(heard).toEqual(["DiskFault", "DiskFault"]);
  });

  it("tells those who come later when it has failed before", async () => {
    const { disk, put, until } = world(1, { fails: () => true });
    put(1);
    await until(60);
    const heard: string[] = [];
    disk.confirm().catch((fault: Error) => heard.push(fault.name));
    await until(61);
    expect(heard).toEqual(["DiskFault"]);
  });

  it("has an alarm ring again whose ring came to nothing, whatever else is lost", async () => {
    const { disk, put, until } = world();
    disk.setAlarm(100 as Instant);
    disk.seal();
    await until(20);
    disk.ring();
    disk.seal();
    await until(40);
    expect(disk.alarm).toBeNull();
    disk.crash();
    disk.ringAgain(300 as Instant);
    put(1);
    disk.crash();
    expect(disk.alarm).toBe(300);
    // What is set is for the object to lose; what rings is over.
    disk.setAlarm(200 as Instant);
    expect(disk.alarm).toBe(200);
    disk.ring();
    disk.seal();
    await until(80);
    expect(disk.alarm).toBeNull();
  });

  it("has the member crash while a turn is on its way, where it is told to", async () => {
    const { put, until, crashes } = world(1, { crashes: () => true });
    await until(20);
    crashes.length = 0;
    put(1);
    await until(60);
    expect(crashes).toHaveLength(1);
    expect(crashes[0]).toBeGreaterThanOrEqual(20);
    expect(crashes[0]).toBeLessThanOrEqual(30);
  });
});
