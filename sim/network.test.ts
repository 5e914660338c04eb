import { describe, expect, it } from "vitest";
import { region } from "../shared/types.ts";
import { HEALTHY_NETWORK } from "./faults.ts";
import { Network, type NetworkManner } from "./network.ts";
import { Random } from "./random.ts";
import { Timeline } from "./timeline.ts";

const [WNAM, WEUR] = [region("wnam"), region("weur")];

function world(manner: Partial<NetworkManner> = {}) {
  const timeline = new Timeline();
  const network = new Network(timeline, new Random(1), { ...HEALTHY_NETWORK, ...manner });
  const arrived: number[] = [];
  const send = (count: number, mayRepeat = true) => {
    for (let number = 0; number < count; number++) {
      network.send(WNAM, WEUR, mayRepeat, () => arrived.push(number));
    }
  };
  return { timeline, network, arrived, send };
}

const inOrder = Array.from({ length: 100 }, (_, number) => number);

describe("the simulated network", () => {
  it("delivers each message once where nothing is wrong, but not in order", async () => {
    const { timeline, arrived, send } = world();
    send(100);
    await timeline.run(() => false);
    expect(arrived).not.toEqual(inOrder);
    expect(arrived.toSorted((a, b) => a - b)).toEqual(inOrder);
  });

  it("loses, and repeats what may be repeated", async () => {
    const { timeline, arrived, send } = world({ loss: 0.3, duplication: 0.5 });
    send(100);
    await timeline.run(() => false);
    expect(new Set(arrived).size).toBeLessThan(90);
    expect(arrived.length).toBeGreaterThan(new Set(arrived).size);
    arrived.length = 0;
    send(100, false);
    await timeline.run(() => false);
    expect(arrived.length).toBe(new Set(arrived).size);
  });

  it("passes nothing between partitioned regions, not even what was under way", async () => {
    const { timeline, network, arrived, send } = world();
    send(10);
    network.partition(WEUR, WNAM, 500);
    network.partition(WNAM, WEUR, 1_000);
    send(10);
    timeline.at(600, () => send(10));
    timeline.at(1_100, () => send(1));
    await timeline.run(() => false);
    expect(arrived).toEqual([0]);
  });

  it("can be cut one way, the other staying open", async () => {
    const { timeline, network, arrived, send } = world();
    network.partitionOneWay(WNAM, WEUR, 60_000);
    let back = 0;
    network.send(WEUR, WNAM, true, () => {
      back += 1;
    });
    send(100);
    await timeline.run(() => false);
    expect([arrived.length, back]).toEqual([0, 1]);
  });

  it("is uneven where it is told to be: what is near takes less than what is far", async () => {
    const timeline = new Timeline();
    const network = new Network(timeline, new Random(1), HEALTHY_NETWORK, true);
    const took = async (to: string): Promise<number> => {
      const sentAt = timeline.now;
      let arrivedAt = sentAt;
      network.send(WNAM, region(to), false, () => {
        arrivedAt = timeline.now;
      });
      await timeline.run(() => false);
      return arrivedAt - sentAt;
    };
    // Each draw is within a half of the usual; enam is 0.4 of the way, an unnamed region twice it.
    expect(await took("enam")).toBeLessThan(await took("oc"));
  });
});
