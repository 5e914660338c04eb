/** Which service is meant, and the client for it. */
import { Holdfast } from "../client/index.ts";
import type { Io } from "./io.ts";
import { Reach } from "./reach.ts";
import { UsageError } from "./usage-error.ts";

/** What every command can say; where it does not, the environment does. */
export interface Settings {
  readonly url?: string | undefined;
  readonly token?: string | undefined;
  readonly namespace?: string | undefined;
  readonly timeout?: number | undefined;
}

export const URL_DEFAULT = "http://localhost:8787";
/** The token that `npm start` serves with. */
const TOKEN_DEFAULT = "dev";

/**
 * The client of what the settings name.
 *
 * @param options.outlastsSignals whether the user's Ctrl-C leaves calls alone: for what has to be given back.
 */
export function connect(
  io: Io,
  settings: Settings,
  { outlastsSignals = false }: { readonly outlastsSignals?: boolean } = {},
): Holdfast {
  const { url, token, namespace } = resolved(io, settings);
  const reach = new Reach(url, io.fetch);
  const signals = outlastsSignals ? [reach.signal] : [reach.signal, io.interrupted];
  return new Holdfast({
    url,
    token,
    namespace,
    fetch: reach.fetch,
    timeoutMs: settings.timeout,
    signal: AbortSignal.any(signals),
    ...(io.ports !== undefined && { ports: io.ports }),
  });
}

/** The same settings for a program that this one runs, in its environment. */
export function childSettings(io: Io, settings: Settings): Readonly<Record<string, string>> {
  const { url, token, namespace } = resolved(io, settings);
  return {
    HOLDFAST_URL: url.href,
    HOLDFAST_TOKEN: token,
    ...(namespace !== undefined && { HOLDFAST_NAMESPACE: namespace }),
  };
}

function resolved(io: Io, settings: Settings) {
  const url = addressOf(settings.url ?? nonEmpty(io.env["HOLDFAST_URL"]) ?? URL_DEFAULT);
  return {
    url,
    token: settings.token ?? nonEmpty(io.env["HOLDFAST_TOKEN"]) ?? tokenFor(url),
    namespace: settings.namespace ?? nonEmpty(io.env["HOLDFAST_NAMESPACE"]),
  };
}

const nonEmpty = (text: string | undefined): string | undefined => (text === "" ? undefined : text);

function addressOf(text: string): URL {
  const url = URL.parse(text);
  if (url?.protocol === "http:" || url?.protocol === "https:") return url;
  throw new UsageError(
    `${JSON.stringify(text)} is no address of a service; one looks like ${URL_DEFAULT}`,
  );
}

/** A service on this machine is taken for the one of `npm start`; no other is ever sent that token. */
function tokenFor({ hostname }: URL): string {
  if (/^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)) return TOKEN_DEFAULT;
  throw new UsageError(`a token is needed for ${hostname}: set HOLDFAST_TOKEN`);
}
