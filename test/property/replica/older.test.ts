import { expect, it } from "vitest";
import { ReplicaStore } from "../../../shared/replica/store.ts";
import { logIndex } from "../../../shared/types.ts";
import { NodeSql } from "../../../sim/node-sql.ts";

it("a store that was made before replicas were watched goes on as it is", () => {
  const sql = new NodeSql();
  sql.run(`CREATE TABLE records (key TEXT PRIMARY KEY, grp TEXT NOT NULL, revision INTEGER NOT NULL,
    content_type TEXT NOT NULL, value BLOB, expires_at INTEGER) WITHOUT ROWID`);
  const bytes = new Uint8Array([7]);
  sql.run("INSERT INTO records VALUES ('old', 'g', 1, 'text/plain', ?, NULL)", bytes);
  const store = new ReplicaStore("ns", sql);
  expect(store.get("old")).toMatchObject({ revision: 1, value: { contentType: "text/plain" } });
  const change = {
    key: "new",
    revision: logIndex(1),
    value: { bytes, contentType: "" },
    expiresAt: null,
  };
  store.apply("h", [{ index: logIndex(1), at: 5 as never, changes: [change] }]);
  expect(store.places("", null, 10)).toEqual([
    { key: "new", place: store.sequence.head },
    { key: "old", place: 0 },
  ]);
});
