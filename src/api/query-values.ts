import { isDate } from 'node:util/types';
import { storedState } from '../../machines/file-group/status.ts';
import { groupStates } from '../../machines/file-group/types.ts';
import { didYouMean } from '../config/suggest.ts';
import { largestBigint, largestInteger } from '../core/index.ts';
import { CarbonationError } from '../errors/index.ts';
import type { QueryColumn, QueryValue } from '../store/read/query.ts';
import { parseMoment } from './moments.ts';

/** What every database holds, in ms since 1970. */
const firstMoment = Date.parse('0001-01-01T00:00:00.000Z');
const lastMoment = Date.parse('9999-12-31T23:59:59.999Z');
const wholeNumber = /^[+-]?\d{1,20}$/;
const decimalNumber = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,3})?$/i;

/**
 * A value as the column's type compares it; texts are read (`"12"` for a number, ISO 8601 for a date, a state in any case).
 *
 * @param what What is wrong is said of this.
 * @throws CarbonationError USAGE for a value of another type, one that the column cannot hold, or a state that there is not
 */
export function checkValue(value: unknown, column: QueryColumn, what: string): QueryValue {
  switch (column.type) {
    case 'text':
      if (typeof value !== 'string') throw unfit(value, what, 'a text');
      if (value.includes('\0')) throw unfit(value, what, 'a text without NUL, which databases cannot store');
      return column.name === 'state' ? checkState(value, what) : value;
    case 'boolean':
      if (typeof value === 'boolean') return value;
      throw unfit(value, what, 'true or false');
    case 'datetime':
      return checkMoment(value, what);
    case 'bigint':
      return checkWhole(value, what, largestBigint);
    case 'integer':
      // The place in the order of completion is the one core number of 64 bits.
      return Number(
        checkWhole(
          value,
          what,
          column.name === 'completed_seq' ? BigInt(Number.MAX_SAFE_INTEGER) : BigInt(largestInteger),
        ),
      );
    case 'float':
      return checkFloat(value, what);
    case 'decimal':
      return checkNumber(value, what);
    case 'json':
      throw unfit(value, what, 'comparable with JSON');
  }
}

/** The states of a group, as `state` has them. */
export const states = groupStates.map((state) => storedState(state));

/** A state, or a pattern of states. */
function checkState(text: string, what: string): string {
  const state = text.toLowerCase();
  if (state.includes('%') || states.includes(state)) return state;
  throw new CarbonationError('USAGE', `${what}: there is no state ${shown(text)}`, {
    remedy: nearAndAll(state, states),
  });
}

/** The nearest of the known words, if one is near, and all of them. */
export function nearAndAll(word: string, known: readonly string[]): string {
  return [didYouMean(word, known) ?? [], `there are: ${known.join(', ')}`].flat().join(' ');
}

/**
 * A moment in ms since 1970.
 *
 * @throws CarbonationError USAGE
 */
export function checkMoment(value: unknown, what: string): number {
  const at = momentOf(value, what);
  if (at >= firstMoment && at <= lastMoment) return at;
  throw unfit(value, what, 'in the years 1 to 9999');
}

function momentOf(value: unknown, what: string): number {
  if (typeof value === 'string') return parseMoment(value, what);
  if (isValidDate(value)) return value.getTime();
  throw unfit(value, what, 'a Date');
}

function isValidDate(value: unknown): value is Date {
  return isDate(value) && !Number.isNaN(value.getTime());
}

function checkWhole(value: unknown, what: string, largest: bigint): bigint {
  const isWhole = typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value));
  if (!isWhole && !(typeof value === 'string' && wholeNumber.test(value))) throw unfit(value, what, 'a whole number');
  const number = BigInt(value);
  if (number <= largest && number >= -largest - 1n) return number;
  throw unfit(value, what, `between ${-largest - 1n} and ${largest}`);
}

function checkFloat(value: unknown, what: string): number {
  const number = Number(checkNumber(value, what));
  if (Number.isFinite(number)) return number;
  throw unfit(value, what, `between ${-Number.MAX_VALUE} and ${Number.MAX_VALUE}`);
}

function checkNumber(value: unknown, what: string): string {
  const text = typeof value === 'number' || typeof value === 'bigint' ? String(value) : value;
  if (typeof text === 'string' && decimalNumber.test(text)) return text;
  throw unfit(value, what, 'a number');
}

function unfit(value: unknown, what: string, expected: string): CarbonationError {
  return new CarbonationError('USAGE', `${what}: ${shown(value)} is not ${expected}`, {
    remedy: `${what} takes ${expected}`,
  });
}

function shown(value: unknown): string {
  if (typeof value === 'string') return `"${value.slice(0, 100)}"`;
  if (isValidDate(value)) return value.toISOString();
  return typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean'
    ? String(value)
    : 'an object';
}
