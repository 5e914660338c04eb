/** The database port's suite, and the store's property, on a Durable Object's own SQLite. */

import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { ObjectSql } from "../../durable-objects/sql.ts";
import { sqlSuite } from "../conformance/sql.ts";
import { storeProperty } from "../property/store.ts";

let objects = 0;

/** Each test in an object of its own. */
function inObject(use: (sql: ObjectSql) => void): Promise<void> {
  const { MEMBER } = env as unknown as { MEMBER: DurableObjectNamespace };
  const object = MEMBER.getByName(`sql/${++objects}`);
  return runInDurableObject(object, (_, { storage }) => use(new ObjectSql(storage.sql)));
}

const TABLES = ["log", "records", "answers", "meta"];

describe("on an object's SQLite", () => {
  sqlSuite(inObject);

  it("the store is what a simple twin of it is", () =>
    inObject((sql) => {
      const emptied = () => {
        for (const table of TABLES) sql.run(`DROP TABLE IF EXISTS ${table}`);
        return sql;
      };
      storeProperty(emptied, (found, expected) => expect(found).toEqual(expected), 40);
    }));
});
