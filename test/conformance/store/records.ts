import { describe, expect, it } from "vitest";
import { logIndex } from "../../../shared/types.ts";
import {
  all,
  at,
  CountingSql,
  entry,
  gone,
  type OpenSql,
  openStore,
  put,
  storeOf,
  textAt,
} from "./fixture.ts";

export function recordsSuite(open: OpenSql): void {
  describe("records", () => {
    it("are found at the tail, with the revision that made them", () => {
      const store = storeOf(open(), [put("a", "one")], [put("b", "two", 9_000)]);
      expect(store.record("b")).toEqual({
        key: "b",
        revision: 2,
        value: { bytes: new TextEncoder().encode("two"), contentType: "text/plain" },
        expiresAt: 9_000,
      });
      expect(store.record("a")).toMatchObject({ revision: 1, expiresAt: null });
      expect(store.record("c")).toBeNull();
    });

    it("are found as they were at every index", () => {
      const store = storeOf(
        open(),
        [],
        [put("a", "one")],
        [],
        [put("a", "two")],
        [gone("a")],
        [put("a", "3")],
      );
      const history = [0, 1, 2, 3, 4, 5, 6].map((index) => textAt(store, "a", index));
      expect(history).toEqual([null, null, "one", "one", "two", null, "3"]);
    });

    it("hold an empty value, which is no deletion", () => {
      const sql = open();
      storeOf(sql, [put("a", "")]);
      const store = openStore(sql);
      expect(store.record("a")?.value).toEqual({
        bytes: new Uint8Array(0),
        contentType: "text/plain",
      });
      expect(store.list(all(), logIndex(1)).records).toHaveLength(1);
      expect(store.entries(logIndex(1), 10)).toEqual([entry(1, [put("a", "")])]);
    });

    it("hold an empty media type, which is no deletion either", () => {
      const value = { bytes: new Uint8Array([1]), contentType: "" };
      const store = storeOf(open(), [{ type: "put", key: "a", value, expiresAt: null }]);
      expect(store.record("a")?.value).toEqual(value);
    });

    it("hold any bytes", () => {
      const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
      const value = { bytes, contentType: "application/octet-stream" };
      const store = storeOf(open(), [{ type: "put", key: "a", value, expiresAt: null }]);
      expect(store.record("a")?.value).toEqual(value);
    });

    it("are touched in storage by every read, of an absent key too (L2)", () => {
      const sql = new CountingSql(open());
      const store = openStore(sql);
      const looked = (read: () => unknown) => {
        const before = sql.looks;
        read();
        return sql.looks > before;
      };
      const reads = {
        recordAt: () => store.recordAt("a", logIndex(0)),
        record: () => store.record("a"),
        look: () => store.look("a", logIndex(0)),
        versionAt: () => store.versionAt("a", logIndex(1)),
        lastChange: () => store.lastChange("a", logIndex(0)),
        list: () => store.list(all(), logIndex(0)),
        readTerm: () => store.readTerm(logIndex(0)),
      };
      for (const [name, read] of Object.entries(reads))
        expect([name, looked(read)]).toEqual([name, true]);
      store.append([entry(1, [put("a", "one")])]);
      for (const [name, read] of Object.entries(reads))
        expect([name, looked(read)]).toEqual([name, true]);
      expect(looked(() => store.readTerm(logIndex(1)))).toBe(true);
    });
  });

  describe("times to live", () => {
    it("that ended are found, the earliest first", () => {
      const store = storeOf(open(), [
        put("a", "", 5_000),
        put("b", "", 3_000),
        put("c", "", 9_000),
        put("d", ""),
      ]);
      expect(store.overdue(at(2_999), 10)).toEqual([]);
      expect(store.overdue(at(3_000), 10)).toEqual(["b"]);
      expect(store.overdue(at(8_999), 10)).toEqual(["b", "a"]);
      expect(store.overdue(at(9_999), 2)).toEqual(["b", "a"]);
    });

    it("count for a key's newest revision alone", () => {
      const store = storeOf(
        open(),
        [put("put-over", "", 3_000), put("deleted", "", 3_000), put("longer", "", 3_000)],
        [put("put-over", ""), gone("deleted"), put("longer", "", 6_000)],
      );
      expect(store.overdue(at(5_000), 10)).toEqual([]);
      expect(store.nextExpiry(at(0))).toBe(6_000);
      expect(store.overdue(at(6_000), 10)).toEqual(["longer"]);
    });

    it("that end next are found", () => {
      const store = storeOf(open(), [put("a", "", 5_000), put("b", "", 3_000)]);
      expect([0, 2_999, 3_000, 5_000].map((time) => store.nextExpiry(at(time)))).toEqual([
        3_000,
        3_000,
        5_000,
        null,
      ]);
    });

    it("are none in a store that never had one", () => {
      const store = storeOf(open(), [put("a", "")]);
      expect([store.overdue(at(9_000), 10), store.nextExpiry(at(0))]).toEqual([[], null]);
    });
  });
}
