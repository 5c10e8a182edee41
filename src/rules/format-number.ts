import { assembleNumber, type FormatSpec, type NumberParts } from './format-spec.ts';

/** A number without any loss: `unscaled / 10 ** scale`, with the sign apart. */
interface Exact {
  readonly negative: boolean;
  readonly unscaled: bigint;
  readonly scale: number;
}

/** Digits of which the first stands in front of the point, times ten to the power of `exponent`. */
interface Scientific {
  readonly digits: string;
  readonly exponent: number;
}

const decimalText = /^(-?)(0|[1-9]\d*)(?:\.(\d+))?$/u;
const integerTypes = new Set<string | null>(['d', 'b', 'o', 'x', 'X']);

/**
 * Formats a whole number; null when the specification does not fit it.
 *
 * @param perhapsFloat A float column may hold a whole number by chance: a bare precision then means what it does for
 *   floats; for other whole numbers it has no meaning.
 */
export function formatInteger(value: bigint, spec: FormatSpec, perhapsFloat: boolean): string | null {
  if (spec.type === 's') return null;
  if (spec.type === null && spec.precision !== null && !perhapsFloat) return null;
  const isFloatForm = spec.type === null ? spec.precision !== null : !integerTypes.has(spec.type);
  if (isFloatForm) return formatExact(exactOfInteger(value), spec);
  const bases = { b: 2, o: 8, x: 16, X: 16 } as const;
  const type = spec.type === 'b' || spec.type === 'o' || spec.type === 'x' || spec.type === 'X' ? spec.type : null;
  const digits = magnitude(value).toString(type === null ? 10 : bases[type]);
  const parts: NumberParts = {
    negative: value < 0n,
    prefix: type !== null && spec.alternate ? `0${type}` : '',
    whole: type === 'X' ? digits.toUpperCase() : digits,
    rest: '',
  };
  return assembleNumber(parts, spec);
}

/** Formats a finite number with a fraction; null when the specification is for texts or whole numbers. */
export function formatFloat(value: number, spec: FormatSpec): string | null {
  if (spec.type === 's' || integerTypes.has(spec.type)) return null;
  if (spec.type === null && spec.precision === null) {
    return assembleNumber(layOut(value < 0, shortest(value), { ...shortestForm, alternate: spec.alternate }), spec);
  }
  if (spec.type === '%') return formatExact(exactOfDouble(value * 100), { ...spec, type: 'f' }, '%');
  return formatExact(exactOfDouble(value), spec);
}

/** Formats a decimal that is kept as text, exactly; null when it is no decimal or the form is not f, e or percent. */
export function formatDecimalText(text: string, spec: FormatSpec): string | null {
  const match = decimalText.exec(text);
  if (match === null || spec.type === null || !'fFeE%'.includes(spec.type)) return null;
  const [, sign, whole = '', fraction = ''] = match;
  const exact = { negative: sign === '-', unscaled: BigInt(whole + fraction), scale: fraction.length };
  return formatExact(exact, spec);
}

/** A float without a specification, as Python's `str` writes it: the shortest digits that read back the same. */
export function floatText(value: number): string {
  const { negative, whole, rest } = layOut(value < 0, shortest(value), shortestForm);
  return (negative ? '-' : '') + whole + rest;
}

function magnitude(value: bigint): bigint {
  return value < 0n ? -value : value;
}

function exactOfInteger(value: bigint): Exact {
  return { negative: value < 0n, unscaled: magnitude(value), scale: 0 };
}

// Doubling is exact, so every double becomes m / 2^e = m * 5^e / 10^e without loss.
function exactOfDouble(value: number): Exact {
  let whole = Math.abs(value);
  let scale = 0;
  while (!Number.isInteger(whole)) {
    whole *= 2;
    scale += 1;
  }
  return { negative: value < 0, unscaled: BigInt(whole) * 5n ** BigInt(scale), scale };
}

function formatExact(exact: Exact, spec: FormatSpec, suffix = ''): string {
  if (spec.type === '%') {
    return formatExact({ ...exact, unscaled: exact.unscaled * 100n }, { ...spec, type: 'f' }, '%');
  }
  const parts = floatParts(exact, spec);
  return assembleNumber({ ...parts, rest: parts.rest + suffix }, spec);
}

function floatParts(exact: Exact, spec: FormatSpec): NumberParts {
  const { type } = spec;
  const precision = spec.precision ?? 6;
  if (type === 'f' || type === 'F') return fixedParts(exact, precision, spec.alternate);
  if (type === 'e' || type === 'E') {
    const { digits, exponent } = significant(exact, precision + 1);
    const rest = fractionOf(digits.slice(1), spec.alternate) + exponentText(type, exponent);
    return { negative: exact.negative, prefix: '', whole: digits.slice(0, 1), rest };
  }
  const count = Math.max(precision, 1);
  const rounded = significant(exact, count);
  const digits = spec.alternate ? rounded.digits : rounded.digits.replace(/(?<=[^])0+$/u, '');
  const form = {
    limit: type === null ? count - 1 : count,
    pointZero: type === null,
    letter: type === 'G' ? 'E' : 'e',
    alternate: spec.alternate,
  };
  return layOut(exact.negative, { digits, exponent: rounded.exponent }, form);
}

function fixedParts(exact: Exact, precision: number, alternate: boolean): NumberParts {
  const digits = roundedTo(exact, precision)
    .toString()
    .padStart(precision + 1, '0');
  const point = digits.length - precision;
  const rest = fractionOf(digits.slice(point), alternate);
  return { negative: exact.negative, prefix: '', whole: digits.slice(0, point), rest };
}

/** How digits become a number: plain below `limit` and down to 0.0001, else with an exponent. */
interface Layout {
  readonly limit: number;
  /** A plain number shows at least one digit behind the point. */
  readonly pointZero: boolean;
  readonly letter: string;
  /** The point is shown even when nothing follows it. */
  readonly alternate: boolean;
}

/** How Python lays out the shortest digits of a float. */
const shortestForm: Layout = { limit: 16, pointZero: true, letter: 'e', alternate: false };

function layOut(negative: boolean, { digits, exponent }: Scientific, form: Layout): NumberParts {
  const { alternate } = form;
  if (exponent < -4 || exponent >= form.limit) {
    const rest = fractionOf(digits.slice(1), alternate) + exponentText(form.letter, exponent);
    return { negative, prefix: '', whole: digits.slice(0, 1), rest };
  }
  const padded = exponent < 0 ? '0'.repeat(-exponent) + digits : digits.padEnd(exponent + 1, '0');
  const point = Math.max(exponent, 0) + 1;
  const fraction = padded.slice(point);
  const rest = fraction === '' && form.pointZero ? '.0' : fractionOf(fraction, alternate);
  return { negative, prefix: '', whole: padded.slice(0, point), rest };
}

function fractionOf(digits: string, alternate: boolean): string {
  return digits === '' && !alternate ? '' : `.${digits}`;
}

function exponentText(letter: string, exponent: number): string {
  return `${letter}${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

function shortest(value: number): Scientific {
  const [mantissa = '0', exponent = '0'] = Math.abs(value).toExponential().split('e');
  return { digits: mantissa.replace('.', ''), exponent: Number(exponent) };
}

function significant(exact: Exact, count: number): Scientific {
  if (exact.unscaled === 0n) return { digits: '0'.repeat(count), exponent: 0 };
  const exponent = exact.unscaled.toString().length - 1 - exact.scale;
  const digits = roundedTo(exact, count - 1 - exponent).toString();
  // Rounding 9.99 up gives one digit more.
  return digits.length > count ? { digits: digits.slice(0, count), exponent: exponent + 1 } : { digits, exponent };
}

/** The number in units of `10 ** -scale`, a tie going to the even neighbour as in Python. */
function roundedTo(exact: Exact, scale: number): bigint {
  if (scale >= exact.scale) return exact.unscaled * 10n ** BigInt(scale - exact.scale);
  const divisor = 10n ** BigInt(exact.scale - scale);
  const quotient = exact.unscaled / divisor;
  const twice = (exact.unscaled % divisor) * 2n;
  const up = twice > divisor || (twice === divisor && quotient % 2n === 1n);
  return up ? quotient + 1n : quotient;
}
