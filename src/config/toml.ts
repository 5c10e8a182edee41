import { parse, TomlError } from 'smol-toml';

import type { Problem } from './types.ts';

/** A TOML document as values, or what is wrong with its syntax. */
export type TomlDocument =
  | { readonly data: Readonly<Record<string, unknown>>; readonly problem: null }
  | { readonly data: null; readonly problem: Problem };

/**
 * Reads TOML. An integer that a number cannot hold exactly becomes a bigint, so that the schema refuses it by name.
 *
 * @param file How its user named the file; for the problem only.
 */
export function parseToml(text: string, file: string): TomlDocument {
  try {
    // An editor on Windows may have put a byte order mark in front.
    const data = parse(text.replace(/^\uFEFF/, ''), { integersAsBigInt: 'asNeeded', unsafeKeyBehaviour: 'throw' });
    const problem = dateProblem(data, text, file);
    return problem === null ? { data, problem } : { data: null, problem };
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    return { data: null, problem: syntaxProblem(error, file) };
  }
}

// Only the first line of the library's message: the rest quotes the file, which may hold a password.
function syntaxProblem(error: TomlError, file: string): Problem {
  const reason = (error.message.split('\n')[0] ?? '').replace(/^Invalid TOML document: /, '');
  return {
    severity: 'error',
    file,
    line: error.line,
    key: '',
    message: `not valid TOML, column ${error.column}: ${reason}`,
    suggestion: null,
  };
}

/** A date that there is not, such as the 30th of February: the library takes it for the 2nd of March, which is nowhere in the text. */
function dateProblem(data: unknown, text: string, file: string): Problem | null {
  for (const date of datesIn(data)) {
    const day = date.toISOString().slice(0, 10);
    if (text.includes(day)) continue;
    for (const { 0: written, index } of text.matchAll(/\d{4}-\d\d-\d\d/g)) {
      const moment = new Date(written);
      if (Number.isNaN(moment.getTime()) || !moment.toISOString().startsWith(day)) continue;
      const line = text.slice(0, index).split('\n').length;
      const message = `not valid TOML: there is no date ${written}`;
      return { severity: 'error', file, line, key: '', message, suggestion: null };
    }
  }
  return null;
}

function datesIn(value: unknown): readonly Date[] {
  if (value instanceof Date) return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(datesIn) : [];
}

/** Whether a value is a table (an object that is neither a list nor a date). */
export function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/** The tables of a list of tables, each with its index; whatever else stands there is left out. */
export function tablesOf(value: unknown): readonly (readonly [number, Readonly<Record<string, unknown>>])[] {
  if (!Array.isArray(value)) return [];
  const list: readonly unknown[] = value;
  return list.flatMap((item, index) => (isTable(item) ? [[index, item] as const] : []));
}
