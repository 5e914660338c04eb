// What has to be undone whenever the harness ends, interrupted or not. Only what is synchronous runs then.

/**
 * Has `undo` run when the process exits.
 * @returns takes it back, for when it was undone in good time
 */
export function atExit(undo: () => void): () => void {
  process.once("exit", undo);
  return () => process.off("exit", undo);
}
