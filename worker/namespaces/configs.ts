/**
 * What this isolate knows of namespaces' settings.
 *
 * Settings never change, so what is known once is known for ever. That a namespace does not exist is not
 * remembered: the next request may come from its creator.
 */
import { NAMESPACES_CACHED_MAX } from "../../shared/limits.ts";
import {
  DEFAULT_NAMESPACE,
  type NamespaceConfig,
  namespaceConfig,
} from "../../shared/namespace.ts";
import type { Region } from "../../shared/types.ts";
import type { Env } from "../context.ts";
import { callNamespace } from "./object.ts";

const known = new Map<string, NamespaceConfig>();

/** The settings, where this isolate has them already. */
export const knownNamespace = (name: string): NamespaceConfig | undefined => known.get(name);

/** The settings; null for a namespace that does not exist. */
export async function findNamespace(
  env: Env,
  name: string,
  defaultRegions: readonly Region[],
): Promise<NamespaceConfig | null> {
  const config = known.get(name);
  if (config !== undefined) return config;
  if (name === DEFAULT_NAMESPACE) {
    // It exists from the start: whoever needs it first records what it is, once and for all, because
    // the members of a group must not change under its data when the variable does.
    const asked = namespaceConfig(name, {}, defaultRegions);
    return (await createNamespace(env, asked)).config;
  }
  const found = await callNamespace(env, name, (object) => object.config());
  return found === null ? null : remember(found);
}

/** Creates a namespace unless it exists, and gives the settings that count. */
export async function createNamespace(
  env: Env,
  asked: NamespaceConfig,
): Promise<{ created: boolean; config: NamespaceConfig }> {
  const [first] = asked.regions;
  const { created, config } = await callNamespace(
    env,
    asked.name,
    (object) => object.create(asked),
    first as DurableObjectLocationHint | undefined,
  );
  return { created, config: remember(config) };
}

function remember(config: NamespaceConfig): NamespaceConfig {
  if (known.size >= NAMESPACES_CACHED_MAX) known.clear();
  known.set(config.name, config);
  return config;
}
