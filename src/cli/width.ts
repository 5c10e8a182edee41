import type { Writable } from 'node:stream';
import fastStringWidth from 'fast-string-width';

/** The width of a terminal that does not say how wide it is, in columns of it. */
export const usualWidth = 80;
/** No column of a cut table is narrower. */
export const narrowest = 6;

/** How wide a terminal is; null: the stream is none, as wide as it gets. */
export function terminalWidth(stream: Writable): number | null {
  if (!('isTTY' in stream) || stream.isTTY !== true) return null;
  const columns = 'columns' in stream ? Number(stream.columns) : 0;
  return columns > 0 ? columns : usualWidth;
}

/** How many rows a terminal has; null: it does not say. */
export function terminalHeight(stream: Writable): number | null {
  const rows = 'rows' in stream ? Number(stream.rows) : 0;
  return rows > 0 ? rows : null;
}

const onlyAscii = /^[ -~]*$/;

/** How many columns of a terminal a text takes that is `printable`. */
export function widthOf(text: string): number {
  // Composed, because letters of Hangul that are not yet a syllable would count as wide ones each.
  return onlyAscii.test(text) ? text.length : fastStringWidth(text.normalize('NFC'));
}

/** The text with spaces behind it, up to so many columns. */
export function padEnd(text: string, width: number): string {
  return text + spaces(text, width);
}

/** The text with spaces before it, up to so many columns. */
function padStart(text: string, width: number): string {
  return spaces(text, width) + text;
}

function spaces(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - widthOf(text)));
}

/** How wide each column of these rows is. */
export function columnWidths(rows: readonly (readonly string[])[]): readonly number[] {
  return (rows[0] ?? []).map((_, i) => rows.reduce((most, row) => Math.max(most, widthOf(row[i] ?? '')), 0));
}

/**
 * Takes from the widest columns until the line fits.
 *
 * @param width - of the terminal; null: any width does
 * @param least - what each column keeps, if it has as much
 */
export function fitWidths(
  natural: readonly number[],
  width: number | null,
  least: readonly number[] = [],
): readonly number[] {
  if (width === null) return natural;
  const room = width - 2 * (natural.length - 1);
  const cut = (most: number) => natural.map((one, i) => Math.min(one, Math.max(most, least[i] ?? narrowest)));
  let most = Math.max(narrowest, ...natural);
  while (most > narrowest && cut(most).reduce((sum, one) => sum + one, 0) > room) most -= 1;
  return cut(most);
}

/** Cells in columns of these widths as one line, those put to the right that `isRight` says. */
export function rowText(cells: readonly string[], widths: readonly number[], isRight: readonly boolean[] = []): string {
  return cells
    .map((cell, i) => (isRight[i] === true ? padStart : padEnd)(cell, widths[i] ?? 0))
    .join('  ')
    .trimEnd();
}

/** A text in at most so many columns (1 or more): the last character says that there was more. */
export function cutEnd(text: string, most: number): string {
  if (widthOf(text) <= most) return text;
  return `${fitting(partsOf(text), most - 1).join('')}…`;
}

/** The same of a text whose end tells as much as its beginning: what is left out is in the middle. */
export function cutMiddle(text: string, most: number): string {
  if (widthOf(text) <= most) return text;
  const parts = partsOf(text);
  const end = fitting(parts.toReversed(), Math.ceil((most - 1) / 2))
    .toReversed()
    .join('');
  return `${fitting(parts, most - 1 - widthOf(end)).join('')}…${end}`;
}

/** What is one character to a reader stays one. */
function partsOf(text: string): readonly string[] {
  if (onlyAscii.test(text)) return [...text];
  // It takes long to be made, and few need it.
  graphemes ??= new Intl.Segmenter();
  return Array.from(graphemes.segment(text), ({ segment }) => segment);
}

let graphemes: Intl.Segmenter | null = null;

/** The first of the parts, as many as have room. */
function fitting(parts: readonly string[], most: number): readonly string[] {
  let width = 0;
  const first = parts.findIndex((part) => (width += widthOf(part)) > most);
  return first === -1 ? parts : parts.slice(0, first);
}
