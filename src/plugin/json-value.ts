import type { Json } from '../core/index.ts';
import { isPlainObject, kindOf, textProblem } from './checks.ts';

/** MariaDB takes no JSON of more than 31 levels: in a group's snapshot the values are within three. */
const deepest = 28;

/** Thrown inside this module only; carries the first problem. */
class JsonProblem extends Error {}

/** Either the value as JSON, or why it cannot be that. */
export type JsonResult = { readonly json: Json } | { readonly problem: string };

/**
 * Copies a value as JSON, refusing what `JSON.stringify` would drop, change or
 * fail on: functions, class instances, cycles, NaN, bigints. Properties that
 * are undefined are left out.
 */
export function toJson(value: unknown): JsonResult {
  try {
    return { json: copy(value, '', []) };
  } catch (thrown) {
    if (thrown instanceof JsonProblem) return { problem: thrown.message };
    throw thrown;
  }
}

function copy(value: unknown, path: string, ancestors: readonly object[]): Json {
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'string') return text(value, path);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw problem(path, `is ${value}, which JSON cannot hold`);
    return value;
  }
  if (!Array.isArray(value) && !isPlainObject(value)) throw problem(path, `${isA(value)}, which JSON cannot hold`);
  if (ancestors.includes(value)) throw problem(path, 'contains itself');
  if (ancestors.length >= deepest) throw problem('', `is nested more than ${deepest} levels deep`);
  const line = [...ancestors, value];
  // Array.from also visits holes, which become undefined and are refused.
  if (Array.isArray(value)) return Array.from(value, (item: unknown, index) => copy(item, `${path}[${index}]`, line));
  // fromEntries defines properties, so that a key "__proto__" is only a key.
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .map(([key, item]) => [text(key, path), copy(item, `${path}.${key}`, line)]),
  );
}

function text(value: string, path: string): string {
  const wrong = textProblem(value);
  if (wrong !== null) throw problem(path, wrong);
  return value;
}

function isA(value: unknown): string {
  if (value instanceof Date) return 'is a Date (give `toISOString()` of it)';
  if (typeof value === 'bigint') return 'is a bigint (give `String()` of it)';
  return `is ${kindOf(value)}`;
}

function problem(path: string, message: string): JsonProblem {
  return new JsonProblem(path === '' ? message : `at ${path}: ${message}`);
}
