/**
 * What a namespace's object keeps: its settings, written once, and its tokens.
 *
 * Nothing is written before the namespace is created, the tables neither: anybody may ask for any name, and
 * asking must not leave storage behind. Settings never change under the data they were made for.
 */
import type { NamespaceConfig } from "../shared/namespace.ts";
import type { Sql, SqlRow } from "../shared/store/sql.ts";
import { isExpired, type Scope, type TokenRecord } from "../shared/token.ts";
import type { Instant } from "../shared/types.ts";

/** The layout of the rows below. A later layout gets a higher number and a migration. */
const VERSION = 1;

const SCHEMA = [
  `CREATE TABLE namespace (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    version INTEGER NOT NULL,
    config TEXT NOT NULL
  )`,
  `CREATE TABLE token (
    id TEXT PRIMARY KEY,
    hash BLOB NOT NULL,
    scopes TEXT NOT NULL,
    prefix TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER
  ) WITHOUT ROWID`,
];

/** A token with what proves it: the SHA-256 of its text. The text itself is kept nowhere. */
export interface StoredToken extends TokenRecord {
  readonly hash: Uint8Array;
}

export class NamespaceStore {
  readonly #sql: Sql;
  /** Null until the settings were found; an absence is looked up afresh each time. */
  #config: NamespaceConfig | null = null;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** The settings; null for a namespace that was never created. */
  get config(): NamespaceConfig | null {
    this.#config ??= this.#readConfig();
    return this.#config;
  }

  /** Records the settings of a namespace that has none, and gives those that count from now on. */
  create(asked: NamespaceConfig): { created: boolean; config: NamespaceConfig } {
    const existing = this.config;
    if (existing !== null) return { created: false, config: existing };
    for (const statement of SCHEMA) this.#sql.run(statement);
    this.#sql.run(
      "INSERT INTO namespace (one, version, config) VALUES (1, ?, ?)",
      VERSION,
      JSON.stringify(asked),
    );
    this.#config = asked;
    return { created: true, config: asked };
  }

  /** The token of this id; null where there is none. */
  token(id: string): StoredToken | null {
    if (this.config === null) return null;
    const row = this.#sql.all("SELECT * FROM token WHERE id = ?", id)[0];
    return row === undefined ? null : readToken(row);
  }

  /** All tokens that are still valid, oldest first. */
  tokens(now: Instant): StoredToken[] {
    if (this.config === null) return [];
    return this.#sql
      .all("SELECT * FROM token ORDER BY id")
      .map(readToken)
      .filter((token) => !isExpired(token, now));
  }

  /** Adds a token; a repeat of the same changes nothing. */
  add(token: StoredToken): void {
    this.#sql.run(
      `INSERT INTO token (id, hash, scopes, prefix, created_at, expires_at)
       VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
      token.id,
      token.hash,
      token.scopes.join(" "),
      token.prefix,
      token.createdAt,
      token.expiresAt,
    );
  }

  remove(id: string): void {
    this.#sql.run("DELETE FROM token WHERE id = ?", id);
  }

  /** Forgets the tokens that have expired. */
  purge(now: Instant): void {
    this.#sql.run("DELETE FROM token WHERE expires_at <= ?", now);
  }

  #readConfig(): NamespaceConfig | null {
    const tables = this.#sql.all("SELECT 1 FROM sqlite_master WHERE name = 'namespace'");
    if (tables.length === 0) return null;
    const [row] = this.#sql.all("SELECT version, config FROM namespace");
    if (row === undefined) return null;
    if (row["version"] !== VERSION) {
      throw new Error(`settings of version ${row["version"]} are not understood here`);
    }
    return JSON.parse(String(row["config"])) as NamespaceConfig;
  }
}

function readToken(row: SqlRow): StoredToken {
  const expiresAt = row["expires_at"];
  return {
    id: String(row["id"]),
    hash: new Uint8Array(row["hash"] as ArrayBuffer | Uint8Array<ArrayBuffer>),
    scopes: String(row["scopes"]).split(" ") as Scope[],
    prefix: String(row["prefix"]),
    createdAt: Number(row["created_at"]) as Instant,
    expiresAt: expiresAt === null ? null : (Number(expiresAt) as Instant),
  };
}
