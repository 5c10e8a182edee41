/**
 * An extractor reads the metadata of one complete group. carbonation calls it
 * in a worker thread, with the absolute paths of all files of the group, and
 * stores what it returns: each key is a column of src/model.ts.
 *
 * Throw when the metadata cannot be read. Nothing is archived then; the message
 * is stored with the group, and it is tried again later.
 */
import { readFileSync, statSync } from 'node:fs';
import { basename, extname } from 'node:path';
// Types only: this module runs without carbonation, so that its test does too.
import type { Extracted, Extractor } from 'carbonation';
import type { File } from './model.ts';

/** The columns of the model. Written as the type of the result, too, it makes a column that does not exist an error in the editor. */
type Metadata = Extracted<typeof File>;

/** Reads `{ "start": …, "stop": …, "category": …, "source": … }` from the group's JSON file. */
export const sample: Extractor<Metadata> = (files): Metadata => {
  const path = files.find((file) => extname(file) === '.json');
  if (path === undefined) throw new Error(`no .json file among ${files.map((file) => basename(file)).join(', ')}`);

  const document = readJson(path);
  const start = dateField(document, 'start', path);
  const stop = dateField(document, 'stop', path);
  if (stop < start) throw new Error(`${basename(path)}: "stop" is before "start"`);
  // Without them the group still has its times; rules.toml decides whether that is enough.
  return { start, stop, category: textField(document, 'category', path), source: textField(document, 'source', path) };
};

/**
 * A larger file holds no metadata of ours, in bytes. What is parsed as a whole may take fifty times its size, and what fills the
 * memory ends the service, not only this thread.
 */
const largestDocument = 1024 * 1024;

/** Reads at once: the thread is there for this, and small files are read fastest so. An extractor may be async all the same. */
function readJson(path: string): object {
  if (statSync(path).size > largestDocument)
    throw new Error(`${basename(path)} has more than ${largestDocument} bytes`);
  const content = readFileSync(path, 'utf8');
  let document: unknown;
  try {
    document = JSON.parse(content);
  } catch (cause) {
    throw new Error(`${basename(path)} is not valid JSON`, { cause });
  }
  if (typeof document !== 'object' || document === null) throw new Error(`${basename(path)} is not a JSON object`);
  return document;
}

/** A text of the document, or null when it has none. */
function textField(document: object, name: string, path: string): string | null {
  const value: unknown = Object.getOwnPropertyDescriptor(document, name)?.value;
  if (value === undefined || value === null) return null;
  if (typeof value !== 'string' || value === '') throw new Error(`${basename(path)}: "${name}" is not a text`);
  return value;
}

/** What ISO 8601 has that a `Date` reads alike everywhere; anything else it takes for local time, or guesses at. */
const isoDate = /^(\d{4}-\d{2}-\d{2})(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/i;

/** A date in ISO 8601; without an offset it is UTC, on every computer. */
function dateField(document: object, name: string, path: string): Date {
  const text = textField(document, name, path);
  if (text === null) throw new Error(`${basename(path)}: the field "${name}" is missing`);
  const [, day = '', offset] = isoDate.exec(text) ?? [];
  const date = new Date(offset === undefined && text !== day ? `${text}Z` : text);
  // The 30th of February would be the 2nd of March.
  const isReal = day !== '' && !Number.isNaN(date.getTime()) && new Date(day).toISOString().startsWith(day);
  if (!isReal) throw new Error(`${basename(path)}: "${name}" is not a date: ${text}`);
  return date;
}
