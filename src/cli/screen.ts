import type { Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { counted } from './print.ts';
import { terminalHeight, terminalWidth, widthOf } from './width.ts';

/** Whether no line of a text is wider than the terminal. */
export function fits(text: string, width: number): boolean {
  return text.split('\n').every((line) => shownWidth(line) <= width);
}

function shownWidth(line: string): number {
  return widthOf(stripVTControlCharacters(line));
}

/** Whether no line of a text is wider than where it is written; only a terminal has a width. */
export function fitsTerminal(text: string, stream: Writable): boolean {
  const width = terminalWidth(stream);
  return width === null || fits(text, width);
}

/**
 * As much of the beginning of a text as the screen of a terminal has room for, and a last line that says how much is below it. All of it
 * where the terminal does not say how large it is.
 */
export function fitScreen(text: string, terminal: Writable): string {
  const columns = 'columns' in terminal ? Number(terminal.columns) : 0;
  const rows = terminalHeight(terminal);
  if (!(columns > 0 && rows !== null)) return text;
  const lines = text.split('\n');
  const heights = lines.map((line) => Math.max(1, Math.ceil(shownWidth(line) / columns)));
  // The cursor stands in a row of its own.
  let room = rows - 1;
  if (heights.reduce((sum, one) => sum + one, 0) <= room) return text;
  room -= 1;
  const first = heights.findIndex((height) => (room -= height) < 0);
  return [...lines.slice(0, first), `… ${counted(lines.length - first, 'more line')}`].join('\n');
}
