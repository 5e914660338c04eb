/** What this isolate remembers, all of its requests together. */
import { Memory } from "./memory.ts";
import { MEMORY_BYTES_MAX, MEMORY_GROUPS_MAX } from "./replicas/limits.ts";

export const memory = new Memory({ bytesMax: MEMORY_BYTES_MAX, groupsMax: MEMORY_GROUPS_MAX });
