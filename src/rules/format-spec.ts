const types = ['s', 'd', 'b', 'o', 'x', 'X', 'f', 'F', 'e', 'E', 'g', 'G', '%'] as const;

/** A standard format specification, as Python's str.format takes it for texts and numbers. */
export interface FormatSpec {
  /** One character that fills up to `width`. */
  readonly fill: string;
  /** Left, right, centred, or filled between sign and digits; null: left for texts, right for numbers. */
  readonly align: '<' | '>' | '^' | '=' | null;
  readonly sign: '+' | '-' | ' ' | null;
  /** `#`: the prefix `0x`, `0o`, `0b`; a point and trailing zeros on floats. */
  readonly alternate: boolean;
  /** A zero in front of the width, with no fill of its own: numbers are filled behind their sign. */
  readonly zero: boolean;
  /** The least width in characters; 0: as wide as needed. */
  readonly width: number;
  readonly grouping: ',' | '_' | null;
  readonly precision: number | null;
  readonly type: SpecType | null;
}

/** Text; whole numbers in four bases; fixed, exponent, general and percent. */
export type SpecType = (typeof types)[number];

/** Wider texts than this are no directory names; it also keeps a slip of the finger from filling the memory. */
const largestSize = 1000;

const grammar = /^(?:([^])?([<>=^]))?([-+ ])?(#)?(0)?(\d+)?([,_])?(?:\.(\d+))?([bdeEfFgGosxX%])?$/u;

function oneOf<T extends string>(choices: readonly T[], text: string | undefined): T | null {
  return choices.find((choice) => choice === text) ?? null;
}

const withoutPrecision = new Set<SpecType | null>(['d', 'b', 'o', 'x', 'X']);
const withoutComma = new Set<SpecType | null>(['s', 'b', 'o', 'x', 'X']);

/** The specification that a text stands for, or null when it is none, or contradicts itself (`.2d`, `,x`). */
export function parseFormatSpec(text: string): FormatSpec | null {
  const match = grammar.exec(text);
  if (match === null) return null;
  const [, fill, align, sign, alternate, zero, width, grouping, precision, type] = match;
  const zeroFlag = zero !== undefined && fill === undefined;
  const spec: FormatSpec = {
    fill: fill ?? (zeroFlag ? '0' : ' '),
    align: oneOf(['<', '>', '^', '='], align),
    sign: oneOf(['+', '-', ' '], sign),
    alternate: alternate !== undefined,
    zero: zeroFlag,
    width: Number(width ?? 0),
    grouping: oneOf([',', '_'], grouping),
    precision: precision === undefined ? null : Number(precision),
    type: oneOf(types, type),
  };
  return contradicts(spec) ? null : spec;
}

function contradicts(spec: FormatSpec): boolean {
  if (spec.width > largestSize || (spec.precision ?? 0) > largestSize) return true;
  if (spec.precision !== null && withoutPrecision.has(spec.type)) return true;
  if (spec.grouping === ',' && withoutComma.has(spec.type)) return true;
  return spec.type === 's' && (spec.grouping !== null || spec.sign !== null || spec.alternate || spec.align === '=');
}

/** A number's parts, as they are put together after padding and grouping. */
export interface NumberParts {
  readonly negative: boolean;
  /** `0x`, `0o`, `0b` or nothing. */
  readonly prefix: string;
  /** The digits in front of the point. */
  readonly whole: string;
  /** All that follows: the point, the fraction, the exponent, the percent sign. */
  readonly rest: string;
}

/** Puts a number together: sign, prefix, grouped digits, padding. */
export function assembleNumber(parts: NumberParts, spec: FormatSpec): string {
  const lead = signOf(parts.negative, spec.sign) + parts.prefix;
  const align = spec.align ?? (spec.zero ? '=' : '>');
  const zeroFilled = spec.fill === '0' && align === '=';
  const room = zeroFilled ? spec.width - lead.length - parts.rest.length : 0;
  const body = groupDigits(parts.whole, spec, room) + parts.rest;
  if (align !== '=') return pad(lead + body, spec.fill, align, spec.width);
  return lead + pad(body, spec.fill, '>', spec.width - lead.length);
}

function signOf(negative: boolean, sign: FormatSpec['sign']): string {
  if (negative) return '-';
  return sign === '+' || sign === ' ' ? sign : '';
}

// Zeros that fill the width are grouped too, and the result never starts with a separator.
function groupDigits(digits: string, spec: FormatSpec, room: number): string {
  if (spec.grouping === null) return digits;
  const size = spec.type !== null && 'boxX'.includes(spec.type) ? 4 : 3;
  const boundary = size === 4 ? /\B(?=(?:[^]{4})+$)/gu : /\B(?=(?:[^]{3})+$)/gu;
  let length = digits.length;
  while (length + Math.floor((length - 1) / size) < room) length += 1;
  return digits.padStart(length, '0').replaceAll(boundary, spec.grouping);
}

/** Fills a text up to a width, which counts characters, not UTF-16 units. */
export function pad(text: string, fill: string, align: '<' | '>' | '^', width: number): string {
  const lacking = width - [...text].length;
  if (lacking <= 0) return text;
  if (align === '<') return text + fill.repeat(lacking);
  if (align === '>') return fill.repeat(lacking) + text;
  const left = Math.floor(lacking / 2);
  return fill.repeat(left) + text + fill.repeat(lacking - left);
}
