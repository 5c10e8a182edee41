import { bigintsAsText } from '../core/cells.ts';

/** The longest value that a reason shows, in characters. */
const longestShown = 100;

/** Whether metadata has a value under this key: present, and neither null nor undefined. */
export function hasValue(values: Readonly<Record<string, unknown>>, key: string): boolean {
  return Object.hasOwn(values, key) && values[key] !== null && values[key] !== undefined;
}

/**
 * A metadata value as the text that patterns are tried on: text as it is, a date as ISO 8601 in UTC
 * with milliseconds, numbers and booleans as JavaScript writes them, anything else as JSON.
 */
export function valueText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  if (typeof value === 'object' && value !== null) return JSON.stringify(value, bigintsAsText);
  return String(value);
}

/** A value for a message: text in quotes, long ones cut. */
export function showValue(value: unknown): string {
  const text = valueText(value);
  const shown = text.length > longestShown ? `${text.slice(0, longestShown)}…` : text;
  return typeof value === 'string' ? JSON.stringify(shown) : shown;
}
