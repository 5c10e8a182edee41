import { longestSpanMs, parseDuration } from '../config/units.ts';
import { CarbonationError } from '../errors/index.ts';

/** A span of time, ms since 1970; null is open. */
export interface Span {
  readonly from: number | null;
  readonly to: number | null;
}

const moment =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s*(Z|[+-]\d\d(?::?\d\d)?)?)?$/i;
const dayMs = 86_400_000;

/**
 * A moment in ISO 8601: a date, or a date and a time; without an offset it is UTC. ms since 1970.
 *
 * @param what What is wrong with it is said of this, e.g. `--start-after`.
 * @throws CarbonationError USAGE
 */
export function parseMoment(text: string, what: string): number {
  const [, year, month, day, hours = '00', minutes = '00', seconds = '00', fraction = '', zone = 'Z'] =
    moment.exec(text.trim()) ?? [];
  const date = `${year}-${month}-${day}`;
  const at = Date.parse(`${date}T${hours}:${minutes}:${seconds}.${fraction.slice(0, 3).padEnd(3, '0')}${offset(zone)}`);
  const midnight = Date.parse(`${date}T00:00:00.000Z`);
  // The 30th of February is a number to the parser, too.
  const isReal = !Number.isNaN(midnight) && new Date(midnight).toISOString().startsWith(date);
  if (year !== undefined && isReal && !Number.isNaN(at)) return at;
  throw new CarbonationError('USAGE', `${what}: "${text}" is not a date`, {
    remedy:
      'write it in ISO 8601, e.g. 2026-01-31, 2026-01-31T12:00 or 2026-01-31T12:00:00+01:00; without an offset it is UTC',
  });
}

function offset(zone: string): string {
  if (zone.toUpperCase() === 'Z') return 'Z';
  const digits = zone.slice(1).replace(':', '').padEnd(4, '0');
  return `${zone.slice(0, 1)}${digits.slice(0, 2)}:${digits.slice(2)}`;
}

/**
 * `A/B`, `A/`, `/B`, or `A`: a day when it is a date, else a moment.
 *
 * @throws CarbonationError USAGE
 */
export function parseDateRange(text: string, what: string): Span {
  const ends = text.split('/');
  const [from = '', to = ''] = ends.map((end) => end.trim());
  if (ends.length > 2 || (from === '' && to === '')) {
    throw new CarbonationError('USAGE', `${what}: "${text}" is not a span of time`, {
      remedy: 'write A/B, A/, /B or A with dates in ISO 8601, e.g. 2026-01-01/2026-02-01',
    });
  }
  if (ends.length === 1) {
    const start = parseMoment(from, what);
    return { from: start, to: from.length === 10 ? start + dayMs - 1 : start };
  }
  const span = {
    from: from === '' ? null : parseMoment(from, what),
    to: to === '' ? null : parseMoment(to, what),
  };
  assertForward(span, `${what}: "${text}"`);
  return span;
}

/** @throws CarbonationError USAGE for a span that ends before it begins, which only what is longer would overlap */
export function assertForward({ from, to }: Span, what: string): void {
  if (from === null || to === null || to >= from) return;
  throw new CarbonationError('USAGE', `${what} ends before it begins`, { remedy: 'exchange the two dates' });
}

/**
 * The moment that is `text` (`7d`, `12h`) before `now`; ms since 1970.
 *
 * @throws CarbonationError USAGE
 */
export function parseAge(text: string, what: string, now: number): number {
  // An archive is older than what config.toml calls a duration.
  const duration = parseDuration(text, longestSpanMs);
  if (duration.ok) return now - duration.value;
  throw new CarbonationError(
    'USAGE',
    `${what}: "${text}" is not a duration${duration.reason === null ? '' : `: ${duration.reason}`}`,
    {
      remedy: 'write a number and s, m, h or d, e.g. 7d',
    },
  );
}
