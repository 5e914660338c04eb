/** All that holds of a store, whichever database it is on. */
import { durableSuite } from "./durable.ts";
import type { OpenSql } from "./fixture.ts";
import { listSuite } from "./list.ts";
import { logSuite } from "./log.ts";
import { recordsSuite } from "./records.ts";
import { snapshotSuite } from "./snapshot.ts";
import { transactionsSuite } from "./transactions.ts";
import { twinSuite } from "./twin.ts";
import { votesSuite } from "./votes.ts";

export function storeSuites(open: OpenSql): void {
  logSuite(open);
  recordsSuite(open);
  listSuite(open);
  durableSuite(open);
  votesSuite(open);
  transactionsSuite(open);
  snapshotSuite(open);
  twinSuite(open);
}
