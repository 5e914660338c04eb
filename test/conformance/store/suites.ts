/** All that holds of a store, whichever database it is on. */
import { durableSuite } from "./durable.ts";
import type { OpenSql } from "./fixture.ts";
import { listSuite } from "./list.ts";
import { logSuite } from "./log.ts";
import { recordsSuite } from "./records.ts";
import { twinSuite } from "./twin.ts";

export function storeSuites(open: OpenSql): void {
  logSuite(open);
  recordsSuite(open);
  listSuite(open);
  durableSuite(open);
  twinSuite(open);
}
