/** The value a put brings: its bytes, never more than a value may have. */
import { VALUE_BYTES_MAX } from "../../../shared/limits.ts";
import { readBody } from "../../body.ts";
import { Problem } from "../../problem.ts";

/**
 * A body that says how long it is, and is short enough, is read at once: the transport delivers no more
 * than was said. Any other one is counted while it is read.
 */
export async function readValue(request: Request): Promise<Uint8Array> {
  const stated = request.headers.get("Content-Length");
  if (stated === null || Number(stated) > VALUE_BYTES_MAX) {
    return readBody(request, VALUE_BYTES_MAX);
  }
  const bytes = new Uint8Array(await request.arrayBuffer());
  if (bytes.byteLength > VALUE_BYTES_MAX) {
    throw new Problem("too-large", `a value has at most ${VALUE_BYTES_MAX} bytes`);
  }
  return bytes;
}
