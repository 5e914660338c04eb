/** The store's suites on Node's SQLite, the simulator's port. */
import { describe } from "vitest";
import { NodeSql } from "../../../sim/node-sql.ts";
import { storeSuites } from "./suites.ts";

describe("on Node's SQLite", () => storeSuites(() => new NodeSql()));
