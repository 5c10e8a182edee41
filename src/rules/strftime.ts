import { timeFormatLocale } from 'd3-time-format';

import { CarbonationError } from '../errors/index.ts';

/** Writes a date in UTC. The date must be valid and lie in the years 1 to 9999. */
export type DateFormat = (date: Date) => string;

// The C locale, which is what Python's strftime uses unless a program asks for another.
const cLocale = timeFormatLocale({
  dateTime: '%a %b %e %H:%M:%S %Y',
  date: '%m/%d/%y',
  time: '%H:%M:%S',
  periods: ['AM', 'PM'],
  days: ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'],
  shortDays: ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'],
  months: [
    'January',
    'February',
    'March',
    'April',
    'May',
    'June',
    'July',
    'August',
    'September',
    'October',
    'November',
    'December',
  ],
  shortMonths: ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'],
});

/** Directives that d3 writes as Python does. */
const sameDirectives = new Set('aAbBcdefgGHIjmMpsSuUVwWxXyY%');

/** Directives whose padding a flag (`%-d`, `%_d`, `%0e`) can change. */
const paddedDirectives = new Set('degGHIjklmMSUVWyY');

/** Directives that d3 lacks, or writes differently, in terms of those it has. */
const translations: Readonly<Record<string, string>> = {
  D: '%m/%d/%y',
  F: '%Y-%m-%d',
  h: '%b',
  k: '%_H',
  l: '%_I',
  r: '%I:%M:%S %p',
  R: '%H:%M',
  T: '%H:%M:%S',
  z: '+0000',
  Z: 'UTC',
};

/** A directive: a percent sign, an optional padding flag and a letter; a lone percent sign is caught too. */
const directive = /%([-_0]?)([^]?)/gu;

function translate(flag: string, letter: string): string | null {
  if (flag === '') return sameDirectives.has(letter) ? `%${letter}` : (translations[letter] ?? null);
  if (!paddedDirectives.has(letter)) return null;
  if (letter === 'k') return `%${flag}H`;
  if (letter === 'l') return `%${flag}I`;
  return `%${flag}${letter}`;
}

/** The first part of a date format that is not a known directive, e.g. `%Q`, or null: all are known. */
export function unknownDirective(format: string): string | null {
  for (const [text, flag = '', letter = ''] of format.matchAll(directive)) {
    if (translate(flag, letter) === null) return text;
  }
  return null;
}

/**
 * Compiles a date format with Python's strftime directives, written in UTC and in the C locale.
 *
 * @throws CarbonationError TEMPLATE_INVALID for an unknown directive, named in the message.
 */
export function compileStrftime(format: string): DateFormat {
  const unknown = unknownDirective(format);
  if (unknown !== null) {
    throw new CarbonationError('TEMPLATE_INVALID', `"${unknown}" in "${format}" is not a date directive`, {
      remedy: 'use strftime directives such as %Y, %m, %d, %H, %M, %S and %j; write %% for a percent sign',
    });
  }
  const translated = format.replaceAll(
    directive,
    (text, flag: string, letter: string) => translate(flag, letter) ?? text,
  );
  return cLocale.utcFormat(translated);
}
