import { describe, expect, it } from "vitest";
import type { GroupRequest } from "../../shared/member/request.ts";
import { logIndex, type RequestId } from "../../shared/types.ts";
import { shareGets } from "./shared-gets.ts";

const get = (key: string, revision: number | null = null): GroupRequest => ({
  type: "get",
  key,
  revision: revision === null ? null : logIndex(revision),
});
const write = (id: string): GroupRequest => ({
  type: "write",
  id: id as RequestId,
  copy: false,
  idempotency: null,
  conditions: [],
  operations: [],
});

describe("requests in one call", () => {
  it("share reads of one key, and nothing else", () => {
    const all = [
      get("a"),
      write("1"),
      get("b"),
      get("a"),
      write("2"),
      get("a", 3),
      get("a", 3),
      get("b"),
    ];
    const { requests, places } = shareGets(all);
    expect(requests).toEqual([get("a"), write("1"), get("b"), write("2"), get("a", 3)]);
    expect(places).toEqual([0, 1, 2, 0, 3, 4, 4, 2]);
    expect(places.map((place) => requests[place])).toEqual(all);
  });

  it("do not mistake a key for a revision", () => {
    expect(shareGets([get("1/a"), get("a", 1), get("/a")]).requests).toHaveLength(3);
  });
});
