import { describe, expect, it } from "vitest";
import type { GroupRef } from "../shared/member/request.ts";
import { ms, region } from "../shared/types.ts";
import { type Members, memberIn, type RemoteMember } from "./reach.ts";
import { type RemoteReplica, type Replicas, replicaIn } from "./reach-replica.ts";

const group: GroupRef = {
  namespace: "default",
  group: "orders",
  members: ["wnam", "weur"].map(region),
  self: region("weur"),
  historyMs: ms(0),
};

const asked: unknown[] = [];
const object = {} as RemoteMember;
const MEMBER = {
  getByName: (...args: unknown[]) => {
    asked.push(args);
    return object;
  },
} as unknown as Members["MEMBER"];

describe("a member", () => {
  it("is an object of the one namespace, created in its region", () => {
    expect(memberIn({ MEMBER }, group)).toBe(object);
    expect(asked).toEqual([["default/weur/orders", { locationHint: "weur" }]]);
  });

  it("is reached through its region's gate, where that is another process", () => {
    const gate = {} as RemoteMember & RemoteReplica;
    const members: Members = { MEMBER, REGION_weur: gate };
    expect(memberIn(members, group)).toBe(gate);
    expect(memberIn(members, { ...group, self: region("wnam") })).toBe(object);
  });
});

describe("a replica", () => {
  const ref = {
    namespace: "default",
    members: [region("weur")],
    replicas: [region("weur"), region("apac")],
    historyMs: ms(0),
    self: region("apac"),
  };
  const named: unknown[] = [];
  const replica = {} as RemoteReplica;
  const REPLICA = {
    getByName: (...args: unknown[]) => {
      named.push(args);
      return replica;
    },
  } as unknown as Replicas["REPLICA"];

  it("is an object of the one namespace, created in its region", () => {
    expect(replicaIn({ REPLICA }, ref)).toBe(replica);
    expect(named).toEqual([["default/apac", { locationHint: "apac" }]]);
  });

  it("is reached through its region's gate, where that is another process", () => {
    const gate = {} as RemoteMember & RemoteReplica;
    const replicas: Replicas = { REPLICA, REGION_apac: gate };
    expect(replicaIn(replicas, ref)).toBe(gate);
    expect(replicaIn(replicas, { ...ref, self: region("weur") })).toBe(replica);
  });
});
