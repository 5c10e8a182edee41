import { isDate } from 'node:util/types';
import {
  baseColumns,
  defaultPrecision,
  defaultScale,
  largestBigint,
  largestInteger,
  plainDecimal,
  type ColumnSpec,
  type ColumnSpecs,
  type Json,
  type StoredMetadata,
} from '../core/index.ts';
import { CarbonationError } from '../errors/index.ts';
import { isPlainObject, kindOf, textProblem } from './checks.ts';
import { toJson } from './json-value.ts';
import { suggestion } from './suggest.ts';

/** A value as it is stored, or what is wrong with it (completes the sentence `"column" …`). */
type Checked = { readonly json: Json } | { readonly problem: string };

type Check = (value: unknown, spec: ColumnSpec) => Checked;

/** What one group may have: MariaDB takes no statement of more than 16 MB, unless told otherwise, and the values are in it twice. */
const mostBytes = 4 * 1024 * 1024;

/** How to check a value of each column type; null and undefined never get here. */
const checks: Readonly<Record<ColumnSpec['type'], Check>> = {
  text: checkText,
  integer: checkInteger,
  bigint: checkBigint,
  float: (value) => (typeof value === 'number' && Number.isFinite(value) ? { json: value } : isNot(value, 'a number')),
  decimal: checkDecimal,
  boolean: (value) => (typeof value === 'boolean' ? { json: value } : isNot(value, 'a boolean')),
  datetime: checkDatetime,
  json: toJson,
};

/**
 * Checks what an extractor returned against the columns of the plugin's model
 * and turns it into what is stored: JSON, a Date as ISO 8601 text in UTC, a
 * bigint and a decimal as text; undefined values are left out, null is kept.
 *
 * @throws CarbonationError EXTRACT_INVALID with every mismatch in `details`, or because it is too large in all
 */
export function checkExtracted(result: unknown, columns: ColumnSpecs): StoredMetadata {
  if (!isPlainObject(result)) {
    throw new CarbonationError('EXTRACT_INVALID', `the extractor returned ${kindOf(result)}, not an object`);
  }
  const problems: string[] = [];
  const entries: [string, Json][] = [];
  for (const [key, value] of Object.entries(result)) {
    const checked = checkEntry(key, value, columns);
    if ('problem' in checked) problems.push(`"${key}" ${checked.problem}`);
    else if (value !== undefined) entries.push([key, checked.json]);
  }
  if (problems.length > 0) {
    const count = problems.length === 1 ? 'a value does' : `${problems.length} values do`;
    throw new CarbonationError('EXTRACT_INVALID', `${count} not fit the plugin's model: ${problems.join('; ')}`, {
      details: problems,
    });
  }
  const stored = Object.fromEntries(entries);
  const bytes = Buffer.byteLength(JSON.stringify(stored));
  if (bytes <= mostBytes) return stored;
  throw new CarbonationError(
    'EXTRACT_INVALID',
    `the metadata has ${bytes} bytes as JSON; ${mostBytes} are taken at most: leave the data in the file`,
  );
}

function checkEntry(key: string, value: unknown, columns: ColumnSpecs): Checked {
  if ((baseColumns as readonly string[]).includes(key)) {
    return { problem: 'is set by carbonation itself, an extractor cannot' };
  }
  // hasOwn, so that "constructor" is not taken for a column.
  const spec = Object.hasOwn(columns, key) ? columns[key] : undefined;
  if (spec === undefined) return { problem: `is no column of the model${suggestion(key, Object.keys(columns))}` };
  if (value === null || value === undefined) return { json: null };
  return checks[spec.type](value, spec);
}

function isNot(value: unknown, expected: string): Checked {
  const actual = typeof value === 'number' || typeof value === 'boolean' ? String(value) : kindOf(value);
  return { problem: `is ${actual}, not ${expected}` };
}

function checkText(value: unknown, spec: ColumnSpec): Checked {
  if (typeof value !== 'string') return isNot(value, 'a text');
  const problem = textProblem(value);
  if (problem !== null) return { problem };
  const { length } = spec;
  // UTF-16 units are never fewer than characters, so most texts need no counting.
  if (length === undefined || value.length <= length) return { json: value };
  const characters = Array.from(value).length;
  return characters <= length
    ? { json: value }
    : { problem: `has ${characters} characters; the column holds ${length}` };
}

function checkInteger(value: unknown): Checked {
  if (typeof value !== 'number' || !Number.isInteger(value)) return isNot(value, 'a whole number');
  if (value > largestInteger || value < -largestInteger - 1) {
    return { problem: `is ${value}, which does not fit 32 bits; make the column a bigint` };
  }
  return { json: value };
}

function checkBigint(value: unknown): Checked {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return { json: String(value) };
  if (typeof value !== 'bigint') return isNot(value, 'a bigint (or a whole number within ±2^53)');
  if (value > largestBigint || value < -largestBigint - 1n) return { problem: 'does not fit 64 bits' };
  return { json: String(value) };
}

function checkDecimal(value: unknown, spec: ColumnSpec): Checked {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'bigint') {
    return isNot(value, 'a decimal number');
  }
  const { precision = defaultPrecision, scale = defaultScale } = spec;
  const result = plainDecimal(String(value), precision, scale);
  return 'text' in result ? { json: result.text } : result;
}

function checkDatetime(value: unknown): Checked {
  if (typeof value === 'string') return { problem: 'is a text, not a Date; give `new Date(…)` of it' };
  if (!isDate(value)) return isNot(value, 'a Date');
  // A class of the plugin's own may write itself in its own way.
  const date = new Date(value);
  if (Number.isNaN(date.getTime())) return { problem: 'is an invalid Date; check the text it was made from' };
  const year = date.getUTCFullYear();
  if (year < 1 || year > 9999) return { problem: `is in the year ${year}; databases hold the years 1 to 9999` };
  return { json: date.toISOString() };
}
