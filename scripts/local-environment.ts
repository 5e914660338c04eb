// The environment in which Cloudflare's tools run here: they ask nothing, send nothing and fetch
// nothing, and what they write stays below .wrangler/.
import path from "node:path";
import { fileURLToPath } from "node:url";

const state = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../.wrangler");

export const localEnvironment: Readonly<Record<string, string>> = {
  DO_NOT_TRACK: "1",
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_SEND_ERROR_REPORTS: "false",
  WRANGLER_HIDE_BANNER: "true",
  WRANGLER_NO_SKILLS_UPDATE_PROMPTS: "true",
  WRANGLER_WRITE_LOGS: "false",
  // By default in the home folder, where workers of one name would meet each other.
  WRANGLER_REGISTRY_PATH: path.join(state, "registry"),
  WRANGLER_CACHE_DIR: path.join(state, "cache"),
  // Otherwise the local runtime asks the network for a sample of the `cf` object.
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
};
