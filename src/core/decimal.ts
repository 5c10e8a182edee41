/** The largest power of ten that is written out; anything above has too many digits for every database. */
const largestExponent = 100;

/** A decimal number taken apart: no leading zeros before the point, no trailing ones behind it. */
interface Digits {
  readonly negative: boolean;
  readonly whole: string;
  readonly fraction: string;
}

/** Reads `12`, `-0.50`, `1e-7`; null when it is no decimal number, or has an absurd exponent. */
function parseDecimal(text: string): Digits | null {
  const match = /^([+-]?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,4}))?$/.exec(text);
  if (match === null) return null;
  const [, sign, whole = '', fraction = '', exponentText = '0'] = match;
  const exponent = Number(exponentText);
  if (Math.abs(exponent) > largestExponent) return null;
  const point = whole.length + exponent;
  const digits = `${'0'.repeat(Math.max(0, -point))}${whole}${fraction}`.padEnd(point, '0');
  const cut = Math.max(0, point);
  return {
    negative: sign === '-',
    whole: digits.slice(0, cut).replace(/^0+/, ''),
    fraction: digits.slice(cut).replace(/0+$/, ''),
  };
}

/** Either the number in plain notation, or why it is refused. */
export type DecimalResult = { readonly text: string } | { readonly problem: string };

/**
 * Writes a decimal number without exponent and without superfluous zeros.
 *
 * @param text The number as JavaScript or a user writes it.
 * @param precision Digits in all that the column has.
 * @param scale Digits of them behind the point.
 */
export function plainDecimal(text: string, precision: number, scale: number): DecimalResult {
  const digits = parseDecimal(text);
  if (digits === null) return { problem: 'is not a decimal number' };
  const { negative, whole, fraction } = digits;
  if (whole.length > precision - scale) {
    return { problem: `has ${whole.length} digits before the point; the column holds ${precision - scale}` };
  }
  if (fraction.length > scale) {
    return { problem: `has ${fraction.length} digits behind the point; the column holds ${scale}: round it first` };
  }
  const magnitude = `${whole === '' ? '0' : whole}${fraction === '' ? '' : `.${fraction}`}`;
  return { text: negative && magnitude !== '0' ? `-${magnitude}` : magnitude };
}

/** More than any column of decimals has. */
const mostDigits = 200;
const mostScale = 100;

/** A decimal number of any column, written as `plainDecimal` does; null: it is none. */
export function canonicalDecimal(text: string): string | null {
  const decimal = plainDecimal(text, mostDigits, mostScale);
  return 'text' in decimal ? decimal.text : null;
}
