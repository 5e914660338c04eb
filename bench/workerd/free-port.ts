// A port on the loopback interface that nobody listens on.
import { once } from "node:events";
import { createServer } from "node:net";

/** Asks the system for one and gives it back at once, for workerd to take. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("the system gave no port");
  return address.port;
}
