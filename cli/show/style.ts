/** Colours, where the other side has them: `NO_COLOR` and a pipe have none. */
import { styleText } from "node:util";
import type { Sink } from "../io.ts";

export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";

export const styled = ({ hasColors }: Sink, style: Style, text: string): string =>
  hasColors ? styleText(style, text, { validateStream: false }) : text;
