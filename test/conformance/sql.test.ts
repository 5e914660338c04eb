/** The database port's suite on Node's SQLite, the simulator's adapter. */
import { describe } from "vitest";
import { NodeSql } from "../../sim/node-sql.ts";
import { sqlSuite } from "./sql.ts";

describe("on Node's SQLite", () => sqlSuite((use) => use(new NodeSql())));
