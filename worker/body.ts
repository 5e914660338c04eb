/** A request's body, read whole and never further than it may go. */
import { joined } from "./bytes.ts";
import { Problem } from "./problem.ts";

/** The body's bytes. A longer one is refused by what it says of itself, and else while it is read. */
export async function readBody(request: Request, bytesMax: number): Promise<Uint8Array> {
  const stated = Number(request.headers.get("Content-Length") ?? 0);
  if (stated > bytesMax) throw tooLarge(bytesMax);
  if (request.body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = request.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return joined(chunks);
    length += value.byteLength;
    if (length > bytesMax) {
      await reader.cancel();
      throw tooLarge(bytesMax);
    }
    chunks.push(value);
  }
}

const tooLarge = (bytesMax: number) =>
  new Problem("too-large", `the body has more than the ${bytesMax} bytes it may have`);
