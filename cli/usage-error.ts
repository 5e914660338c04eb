/** The command line asks for something that makes no sense; found before anything was sent. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
