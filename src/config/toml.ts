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
    return { data, problem: null };
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
