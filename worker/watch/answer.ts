/**
 * The answer that is a watch: a stream of server-sent events, or a WebSocket where the client asks for one.
 *
 * Whatever can be wrong is found out first, so that it can still be told as a problem.
 */
import type { Context } from "hono";
import { encodeBookmark, NOTHING_SEEN } from "../../shared/bookmark.ts";
import { DEADLINE_MS_DEFAULT, TOKEN_CACHE_MS } from "../../shared/limits.ts";
import { parsePlace } from "../../shared/replica/sequence.ts";
import type { Revision } from "../../shared/types.ts";
import { WATCH_TICK_MS } from "../../shared/watch/limits.ts";
import { parsePosition } from "../../shared/watch/position.ts";
import type { Selector } from "../../shared/watch/selector.ts";
import { isPositionText } from "../../shared/wire/watch.ts";
import type { AppEnv } from "../context.ts";
import { deploymentOf } from "../deployment.ts";
import { accepts } from "../media-type.ts";
import {
  authenticate,
  isUpgrade,
  protocolsOf,
  SUBPROTOCOL,
  tokenOf,
} from "../middleware/authenticate.ts";
import { Problem } from "../problem.ts";
import { malformed } from "../routes/keys/query.ts";
import { bookmarkText, costText, strongHeaders, weakHeaders } from "../routes/keys/receipt.ts";
import { readTerms } from "../routes/keys/request-headers.ts";
import { valueMembers } from "../routes/keys/value-json.ts";
import { nearestReplica } from "../whereabouts.ts";
import { LeaderSource, type LedFrom } from "./leader-source.ts";
import { type FedFrom, ReplicaSource } from "./replica-source.ts";
import type { StreamEvent } from "./sink.ts";
import { SocketSink } from "./socket-sink.ts";
import type { Connected, Source } from "./source.ts";
import { EVENT_STREAM, SseSink } from "./sse-sink.ts";
import { runStream, type ToEvent } from "./stream.ts";

type Ctx = Context<AppEnv>;

/** A watch of a group, or of part of it. */
export interface LedWatch {
  readonly group: string;
  readonly selector: Selector;
  /** False where changes need not come with their values. */
  readonly values: boolean;
  /** The first revision wanted, where the client does not say behind which event it wants to go on; null for what is new. */
  readonly from: Revision | null;
  /** `last-event-id` of the query, where it has one. */
  readonly lastEventId?: string | undefined;
  /** Told ahead of all changes. */
  readonly opening?: Omit<StreamEvent, "id">;
}

/** Streams what the group's leader knows. Each change is told as `toEvent` says. */
export async function streamWatch(c: Ctx, watch: LedWatch, toEvent: ToEvent): Promise<Response> {
  const { group, selector, values, from } = watch;
  const text = lastEventId(c, watch.lastEventId);
  const behind = text === null ? null : parsePosition(text);
  if (text !== null && behind === null) throw notAnId("is not the id of an event of such a watch");
  const terms = readTerms(c.req.raw.headers);
  const namespace = c.get("namespace");
  const start =
    behind !== null
      ? ({ type: "behind", position: behind } as const)
      : from !== null
        ? ({ type: "revision", revision: from } as const)
        : ({ type: "now" } as const);
  const source = new LeaderSource(
    c.env,
    c.executionCtx,
    { namespace, group, selector, values, start },
    terms.deadlineMs ?? DEADLINE_MS_DEFAULT,
  );
  const headersOf = ({ region, receipt, calls, tookMs }: LedFrom) => {
    const headers = strongHeaders({
      requestId: c.get("requestId"),
      region,
      term: receipt.term,
      bookmark: bookmarkText(namespace.name, group, receipt.index, terms.bookmark),
      cost: costText(calls, 0),
      tookMs,
    });
    headers["Holdfast-Revision"] = String(receipt.index);
    return headers;
  };
  return answerStream(c, source, toEvent, headersOf, watch.opening);
}

/** Streams what a replica takes in of all keys that start with a prefix. */
export async function streamPrefix(
  c: Ctx,
  { prefix, values, lastEventId: inQuery }: PrefixWatch,
  toEvent: ToEvent,
): Promise<Response> {
  const behind = lastEventId(c, inQuery);
  if (behind !== null && parsePlace(behind) === null) {
    throw notAnId("is not the id of an event of such a watch");
  }
  const { deadlineMs, bookmark } = readTerms(c.req.raw.headers);
  const namespace = c.get("namespace");
  const nearest = nearestReplica(c.req.raw, namespace.replicaRegions, c.env.HOLDFAST_DEV === "1");
  const watch = { namespace, prefix, values, behind, nearest };
  const source = new ReplicaSource(c.env, watch, deadlineMs);
  return answerStream(c, source, toEvent, ({ region, calls, tookMs }: FedFrom) =>
    weakHeaders({
      requestId: c.get("requestId"),
      level: "eventual",
      region,
      bookmark: encodeBookmark(bookmark ?? NOTHING_SEEN),
      cost: costText(calls, 0),
      timing: `replica;dur=${tookMs}`,
      stalenessMs: null,
    }),
  );
}

/** A watch of all keys of a namespace that start with a prefix. */
export interface PrefixWatch {
  readonly prefix: string;
  readonly values: boolean;
  /** `last-event-id` of the query, where it has one. */
  readonly lastEventId?: string | undefined;
}

/** Where the client says it was; the header counts more, for an `EventSource` sends it with the address it began with. */
export function lastEventId(c: Ctx, inQuery: string | undefined): string | null {
  const header = c.req.raw.headers.get("Last-Event-ID");
  if (header === null || header === "") return inQuery ?? null;
  if (!isPositionText(header)) throw notAnId("is not the id of an event of this service");
  return header;
}

const notAnId = (message: string): Problem => malformed([{ path: "Last-Event-ID", message }]);

/** Connects, and answers with the stream. */
export async function answerStream<About>(
  c: Ctx,
  source: Source<About>,
  toEvent: ToEvent,
  headersOf: (about: About) => Record<string, string>,
  opening?: Omit<StreamEvent, "id">,
): Promise<Response> {
  const { headers: asked } = c.req.raw;
  const upgrade = isUpgrade(asked);
  if (!upgrade && !accepts(asked.get("Accept"), EVENT_STREAM)) {
    throw new Problem("not-acceptable", `a watch comes as ${EVENT_STREAM}, or as a WebSocket`);
  }
  const protocol = upgrade ? protocolFor(asked) : null;
  const first = await source.connect(null, false);
  if (first.type === "refused") throw new Problem(first.code, first.detail);
  const headers = headersOf(first.about);
  if (c.req.method === "HEAD") {
    first.socket.close();
    return new Response(null, { headers: { ...headers, "Content-Type": EVENT_STREAM } });
  }
  const rest = { source, first, toEvent, opening, isAllowed: allowanceOf(c) };
  if (upgrade) return socketResponse(rest, headers, protocol);
  const sink = new SseSink(first.position);
  void runStream({ ...rest, sink });
  return new Response(sink.readable, { headers: { ...headers, "Content-Type": EVENT_STREAM } });
}

interface Rest<About> {
  readonly source: Source<About>;
  readonly first: Connected<About>;
  readonly toEvent: ToEvent;
  readonly opening: Omit<StreamEvent, "id"> | undefined;
  readonly isAllowed: () => Promise<boolean>;
}

function socketResponse<About>(
  rest: Rest<About>,
  headers: Record<string, string>,
  protocol: string | null,
): Response {
  const { 0: theirs, 1: ours } = new WebSocketPair();
  void runStream({ ...rest, sink: new SocketSink(ours, rest.first.position) });
  return new Response(null, {
    status: 101,
    webSocket: theirs,
    headers: protocol === null ? headers : { ...headers, "Sec-WebSocket-Protocol": protocol },
  });
}

/** The protocol to speak: null where the client offers none, in which case it may not be told any. */
function protocolFor(headers: Headers): string | null {
  const offered = protocolsOf(headers);
  if (offered.length === 0) return null;
  if (offered.includes(SUBPROTOCOL)) return SUBPROTOCOL;
  throw malformed([{ path: "Sec-WebSocket-Protocol", message: `must offer ${SUBPROTOCOL}` }]);
}

/**
 * Whether the request's token still stands. Where the namespace cannot be asked, it is believed as long as a revocation may
 * take in any case.
 */
function allowanceOf(c: Ctx): () => Promise<boolean> {
  const { env } = c;
  const deployment = deploymentOf(env);
  const token = tokenOf(c.req.raw.headers);
  const { name } = c.get("namespace");
  let believedUntil = Date.now() + TOKEN_CACHE_MS;
  return async () => {
    if (deployment.type !== "configured" || token === null) return false;
    try {
      const grant = await authenticate(env, deployment.rootToken, name, token);
      if (grant !== null) believedUntil = Date.now() + TOKEN_CACHE_MS - WATCH_TICK_MS;
      return grant !== null;
    } catch (fault) {
      console.error(
        JSON.stringify({ message: "a watch's token was not looked up", fault: String(fault) }),
      );
      return Date.now() < believedUntil;
    }
  };
}

/** A change as lists show keys: without values, the key and its revision alone. */
export const changeEvent =
  (values: boolean): ToEvent =>
  ({ key, revision, value }) => {
    const named = `{"key":${JSON.stringify(key)},"revision":${revision}`;
    if (value === null) return { event: "delete", data: `${named}}` };
    // JSON is told as it was put, but on one line: between its tokens a line break is a space.
    const shown = values ? `,${valueMembers(value).replace(/[\r\n]+/g, " ")}` : "";
    return { event: "put", data: `${named}${shown}}` };
  };
