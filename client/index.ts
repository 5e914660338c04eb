/** What the package `@holdfast/client` offers. */
export type {
  ConsistencyLevel,
  CreatedToken,
  ErrorCode,
  Group,
  Led,
  Lock,
  Namespace,
  NamespaceSettings,
  NewToken,
  Problem,
  Region,
  Scope,
  ShownNamespace,
  Token,
} from "./api.ts";
export type { CampaignOptions, Elections, Leader, Leadership, LeadersWork } from "./elections.ts";
export { HoldfastError, type HoldfastErrorCode } from "./errors.ts";
export type { StreamOptions } from "./event-stream.ts";
export type { Groups } from "./groups.ts";
export {
  Holdfast,
  type HoldfastNamespace,
  type Session,
  type SessionOptions,
} from "./holdfast.ts";
export type { Holding, HoldOptions } from "./holding.ts";
export type { Interactive, TransactOptions } from "./interactive.ts";
export type {
  Absent,
  DeleteOptions,
  Entry,
  Found,
  GetOptions,
  GetResult,
  Keys,
  PutOptions,
} from "./keys.ts";
export type { ReadOptions } from "./level.ts";
export type { ListedKey, ListedValue, Listing, ListOptions, Page } from "./list.ts";
export type { LockedWork, LockOptions, Locks } from "./locks.ts";
export type { Namespaces } from "./namespaces.ts";
export {
  type AddOperation,
  type AppendOperation,
  type Condition,
  type DeleteOperation,
  type GetOperation,
  type Operation,
  op,
  type PutOperation,
  type PutStepOptions,
  type ResultOf,
  type ResultsOf,
  when,
} from "./operations.ts";
export type {
  CallOptions,
  Fetcher,
  FetchFunction,
  HoldfastOptions,
  TokenSource,
  WriteCallOptions,
} from "./options.ts";
export type { Ports } from "./ports.ts";
export type { Receipt, Receipted } from "./receipt.ts";
export type { Tokens } from "./tokens.ts";
export type { CommitOptions, Trace, Transaction, TransactionOutcome } from "./transaction.ts";
export type { FailedCondition } from "./transaction-results.ts";
export type { TransactionState, Transactions } from "./transactions.ts";
export type { PutValueOptions, ReadAs } from "./value.ts";
export type {
  Change,
  DeleteChange,
  PutChange,
  Sync,
  Watch,
  WatchedGroup,
  WatchedPrefix,
  WatchOptions,
} from "./watch.ts";
