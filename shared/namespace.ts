/** A namespace: its members' regions, fixed when it was created, and how long its history is kept. */
import { HISTORY_MS_DEFAULT } from "./limits.ts";
import { REPLICA_REGION_EXTRA } from "./regions.ts";
import type { Ms, Region } from "./types.ts";

export interface NamespaceConfig {
  readonly name: string;
  /** One, three or five; the first leads every group that nobody has used yet. */
  readonly regions: readonly Region[];
  /** Where eventually consistent copies of the whole namespace are kept. */
  readonly replicaRegions: readonly Region[];
  readonly historyMs: Ms;
}

/** What whoever creates a namespace says of it; the rest follows from defaults. */
export interface NamespaceSettings {
  readonly regions?: readonly Region[] | undefined;
  readonly replicaRegions?: readonly Region[] | undefined;
  readonly historyMs?: Ms | undefined;
}

/** The namespace that exists from the start. */
export const DEFAULT_NAMESPACE = "default";

export const NAMESPACE_NAME_CHARS_MAX = 63;

const HYPHEN = 45;

/** Whether `name` is `[a-z0-9-]{1,63}`. */
export function isNamespaceName(name: string): boolean {
  const { length } = name;
  if (length === 0 || length > NAMESPACE_NAME_CHARS_MAX) return false;
  for (let i = 0; i < length; i++) {
    const code = name.charCodeAt(i);
    const isLetter = code >= 97 && code <= 122;
    const isDigit = code >= 48 && code <= 57;
    if (!isLetter && !isDigit && code !== HYPHEN) return false;
  }
  return true;
}

/** The namespace that `settings` ask for, with what they leave open filled in. */
export function namespaceConfig(
  name: string,
  settings: NamespaceSettings,
  defaultRegions: readonly Region[],
): NamespaceConfig {
  const regions = settings.regions ?? defaultRegions;
  return {
    name,
    regions,
    replicaRegions: settings.replicaRegions ?? [...new Set([...regions, REPLICA_REGION_EXTRA])],
    historyMs: settings.historyMs ?? HISTORY_MS_DEFAULT,
  };
}

/** Whether two namespaces are alike. The order of the members counts (the first leads), that of replicas does not. */
export function sameNamespace(a: NamespaceConfig, b: NamespaceConfig): boolean {
  return (
    a.name === b.name &&
    a.historyMs === b.historyMs &&
    sameList(a.regions, b.regions) &&
    sameList([...a.replicaRegions].sort(), [...b.replicaRegions].sort())
  );
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((value, at) => value === b[at]);
}
