/**
 * What every part of the Worker knows about a request: its bindings, and what middleware has found out.
 */
import type { Feeders } from "../durable-objects/fan-out.ts";
import type { Namespace } from "../durable-objects/namespace.ts";
import type { Members } from "../durable-objects/reach.ts";
import type { NamespaceConfig } from "../shared/namespace.ts";
import type { Grant } from "../shared/token.ts";
import type { TransactionId } from "../shared/types.ts";

export interface Env extends Members, Feeders {
  readonly NAMESPACE: DurableObjectNamespace<Namespace>;
  readonly ASSETS: Fetcher;
  /** Regions of the namespace `default`, comma-separated; the first leads what nobody has used yet. */
  readonly HOLDFAST_REGIONS?: string;
  /** A secret. Without it nothing is served but a 503 that says so. */
  readonly HOLDFAST_ROOT_TOKEN?: string;
  /** Origins whose pages may use the service, comma-separated; `*` for all. None where it is left out. */
  readonly HOLDFAST_ALLOWED_ORIGINS?: string;
  /** `1` where the development switches may be used. */
  readonly HOLDFAST_DEV?: string;
}

export interface Variables {
  /** Sent back as `Holdfast-Request-Id`; unique across isolates. */
  requestId: string;
  /** What the request's token allows. */
  grant: Grant;
  /** The namespace named in the path. */
  namespace: NamespaceConfig;
  /** The transaction that the request is, or asks for; every problem then tells it. */
  transaction?: TransactionId;
}

export interface AppEnv {
  Bindings: Env;
  Variables: Variables;
}
