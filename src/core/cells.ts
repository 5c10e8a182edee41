/** Values as texts, for CSV and JSON. */

/** A value as one text: a date in ISO 8601, an object as JSON, nothing as an empty text. */
export function cellText(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (value instanceof Date) return value.toISOString();
  return typeof value === 'string' || typeof value === 'bigint' ? String(value) : JSON.stringify(value);
}

/**
 * A value as a cell of CSV (RFC 4180): in quotes where it holds what separates cells or lines, or begins or ends with a space. So is an
 * empty text, which is not nothing, and a `\.`, which ends the data where it is alone in its line: PostgreSQL's COPY reads both so.
 *
 * @param shown - what becomes of its text
 */
export function csvCell(value: unknown, shown = (text: string): string => text): string {
  if (value === null || value === undefined) return '';
  const text = shown(cellText(value));
  return /[",\r\n]|^\s|\s$|^(?:\\\.)?$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** For `JSON.stringify`: JSON has no 64 bits, and a text loses nothing. */
export function bigintsAsText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}
