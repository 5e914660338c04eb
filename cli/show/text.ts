/**
 * Text on a terminal: names and values are other people's, so what would move the cursor, change colours or break a
 * line is written out.
 */

/** C0 and C1 controls and separators of lines; tab and line feed too, unless they may stay. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about.
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** In one line. */
export const inLine = (text: string): string => text.replace(CONTROLS, escaped);

/** As it is, but for what controls a terminal. */
export const onTerminal = (text: string): string =>
  text.replace(CONTROLS, (control) =>
    control === "\n" || control === "\t" ? control : escaped(control),
  );

function escaped(control: string): string {
  const code = control.charCodeAt(0);
  return (
    SHORT[control] ??
    (code < 0x100
      ? `\\x${code.toString(16).padStart(2, "0")}`
      : `\\u${code.toString(16).padStart(4, "0")}`)
  );
}

const graphemes = new Intl.Segmenter();

/** Characters that terminals show two columns wide. */
const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\uff01-\uff60\u3000-\u303e]/u;

/** How many columns a text takes. */
export function widthOf(text: string): number {
  // Most names are ASCII.
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemes.segment(text)) width += WIDE.test(segment) ? 2 : 1;
  return width;
}

/** Its beginning, where it is wider than there is room. */
export function fitted(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  let kept = "";
  let left = Math.max(columns, 1) - 1;
  for (const { segment } of graphemes.segment(text)) {
    left -= widthOf(segment);
    if (left < 0) break;
    kept += segment;
  }
  return `${kept}…`;
}
