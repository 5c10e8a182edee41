import { floatText, formatDecimalText, formatFloat, formatInteger } from './format-number.ts';
import { pad, type FormatSpec } from './format-spec.ts';
import type { DateFormat } from './strftime.ts';

/** What stands behind the colon of a placeholder; a text can be both, e.g. `%`. */
export interface ValueFormat {
  readonly standard: FormatSpec | null;
  readonly date: DateFormat | null;
}

/** A value as text, or why it has none. */
export type Formatted = { readonly text: string } | { readonly why: string; readonly remedy: string };

const plainRemedy = 'leave the format out, or correct the extractor so that the value fits it';

/**
 * A metadata value as a template shows it. Without a format: text as it is, numbers in Python's form,
 * `True`/`False`, a date as `YYYY-MM-DD HH:MM:SS+00:00`.
 *
 * @param asText `!s`: the value is made text first, then formatted as text.
 */
export function formatValue(value: unknown, format: ValueFormat | null, asText: boolean): Formatted {
  const problem = unusable(value);
  if (problem !== null) return problem;
  if (format === null) return { text: plainText(value) };
  if (asText) return orMisfit(formatText(plainText(value), format.standard), 'a text', plainRemedy);
  if (value instanceof Date) return formatDate(value, format);
  return orMisfit(...formatPlain(value, format.standard));
}

function formatDate(value: Date, format: ValueFormat): Formatted {
  const text = format.date === null ? null : format.date(value);
  return orMisfit(text, 'a date', 'give dates strftime directives, e.g. {start:%Y%m%d}');
}

function formatPlain(value: unknown, spec: FormatSpec | null): [text: string | null, kind: string, remedy: string] {
  if (typeof value === 'string') {
    const remedy = 'declare the column with the type that the format is for, or leave the format out';
    return [spec && (formatText(value, spec) ?? formatDecimalText(value, spec)), 'a text', remedy];
  }
  if (typeof value === 'number' && !Number.isInteger(value)) {
    return [spec && formatFloat(value, spec), 'a number with a fraction', 'use a format for floats, e.g. .2f'];
  }
  const kind = typeof value === 'boolean' ? 'a boolean' : 'a number';
  return [spec && formatInteger(integerOf(value), spec, typeof value === 'number'), kind, plainRemedy];
}

function orMisfit(text: string | null, kind: string, remedy: string): Formatted {
  return text === null ? { why: `is ${kind}, which this format does not take`, remedy } : { text };
}

function integerOf(value: unknown): bigint {
  return typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint' ? BigInt(value) : 0n;
}

function formatText(text: string, spec: FormatSpec | null): string | null {
  if (spec === null || (spec.type !== null && spec.type !== 's')) return null;
  if (spec.sign !== null || spec.alternate || spec.grouping !== null || spec.align === '=') return null;
  const cut = spec.precision === null ? text : [...text].slice(0, spec.precision).join('');
  return pad(cut, spec.fill, spec.align ?? '<', spec.width);
}

function plainText(value: unknown): string {
  if (value instanceof Date) return dateText(value);
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value).toString() : floatText(value);
  return String(value);
}

function dateText(date: Date): string {
  const [day = '', time = ''] = date.toISOString().split('T');
  const seconds = time.slice(0, 8);
  const fraction = date.getUTCMilliseconds() === 0 ? '' : `${time.slice(8, 12)}000`;
  return `${day} ${seconds}${fraction}+00:00`;
}

function unusable(value: unknown): Formatted | null {
  if (value === null || value === undefined) {
    return { why: 'is null', remedy: 'make the extractor give a value, or take the placeholder out of `destination`' };
  }
  if (value instanceof Date) return unusableDate(value);
  if (typeof value === 'string' && !value.isWellFormed()) {
    return { why: 'is not valid Unicode text', remedy: 'correct the extractor' };
  }
  if (typeof value === 'number' && !Number.isFinite(value)) {
    return { why: 'is not a finite number', remedy: 'make the extractor give a number, or no value at all' };
  }
  if (['string', 'number', 'bigint', 'boolean'].includes(typeof value)) return null;
  const kind = Array.isArray(value) ? 'a list' : `of type ${typeof value}`;
  return { why: `is ${kind}, which has no form as a directory name`, remedy: 'use a column with a single value' };
}

function unusableDate(date: Date): Formatted | null {
  const year = date.getUTCFullYear();
  if (year >= 1 && year <= 9999) return null;
  const why = Number.isNaN(year) ? 'is not a valid date' : 'is a date outside the years 1 to 9999';
  return { why, remedy: 'correct the extractor' };
}
