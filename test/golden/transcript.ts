/**
 * Transcripts: commands and what came of them, in a text file, as etcd's raft tests are written.
 *
 * A block is lines of input, `----`, and lines of output up to the next empty line. Lines that begin with `#`
 * before a block say what it shows.
 */

interface Block {
  readonly remarks: readonly string[];
  readonly input: readonly string[];
}

const SEPARATOR = "----";

export function parseTranscript(text: string): Block[] {
  const blocks: Block[] = [];
  let remarks: string[] = [];
  let input: string[] = [];
  let inOutput = false;
  for (const line of text.split("\n")) {
    if (inOutput) {
      inOutput = line !== "";
    } else if (line === SEPARATOR) {
      blocks.push({ remarks, input });
      [remarks, input, inOutput] = [[], [], true];
    } else if (input.length === 0 && (line === "" || line.startsWith("#"))) {
      remarks.push(line);
    } else {
      input.push(line);
    }
  }
  if (input.length > 0) throw new Error(`no ${SEPARATOR} behind ${JSON.stringify(input)}`);
  return blocks;
}

/** The transcript as it would read with what `run` makes of each block's input. */
export function renderTranscript(
  blocks: readonly Block[],
  run: (input: readonly string[]) => readonly string[],
): string {
  const lines: string[] = [];
  for (const { remarks, input } of blocks) {
    lines.push(...remarks, ...input, SEPARATOR, ...run(input), "");
  }
  return lines.join("\n");
}
