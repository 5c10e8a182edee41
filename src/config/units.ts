const secondMs = 1000;
const dayMs = 86_400 * secondMs;
const unitMs: Readonly<Record<string, number>> = { s: secondMs, m: 60 * secondMs, h: 3600 * secondMs, d: dayMs };

/** What a duration looks like. */
export const durationPattern = /^\s*(\d+(?:\.\d+)?)\s*([smhd])\s*$/;
/** What a span such as `30 days` looks like. */
export const retentionPattern =
  /^\s*(\d+(?:\.\d+)?)\s*(s|m|h|d|w|seconds?|minutes?|hours?|days?|weeks?|months?|years?)\s*$/i;
/** What a size looks like. */
export const sizePattern = /^\s*(\d+(?:\.\d+)?)\s*([kmgt]i?)?b\s*$/i;

/** The longest duration that config.toml takes, in milliseconds: 365 days. */
const longestDurationMs = 365 * dayMs;
/** The longest span that something may lie back: 100 years. */
export const longestSpanMs = 100 * longestDurationMs;

/** What was read, or why it could not be. */
export type Parsed<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly reason: string | null };

/** A duration such as `30s`, `0.5m`, `24h`, `7d` in whole milliseconds; at least one, at most 365 days unless said otherwise. */
export function parseDuration(text: string, longestMs = longestDurationMs): Parsed<number> {
  const match = durationPattern.exec(text);
  return bounded(Number(match?.[1]) * (unitMs[match?.[2] ?? ''] ?? Number.NaN), longestMs);
}

/** A span of time such as `30 days`, `2 weeks`, `12h` in whole milliseconds; a month has 30 days, a year 365. */
export function parseRetention(text: string): Parsed<number> {
  const match = retentionPattern.exec(text);
  return bounded(Number(match?.[1]) * (wordMs(match?.[2] ?? '') ?? Number.NaN), longestSpanMs);
}

/** A size such as `10 MB` (10,000,000) or `10 MiB` (10,485,760) in bytes. */
export function parseSize(text: string): Parsed<number> {
  const match = sizePattern.exec(text);
  if (match === null) return { ok: false, reason: null };
  const prefix = (match[2] ?? '').toLowerCase();
  const power = ['', 'k', 'm', 'g', 't'].indexOf(prefix.slice(0, 1));
  const bytes = Math.round(Number(match[1]) * (prefix.endsWith('i') ? 1024 : 1000) ** power);
  if (bytes < 1) return { ok: false, reason: 'it must be more than 0' };
  return Number.isSafeInteger(bytes) ? { ok: true, value: bytes } : { ok: false, reason: 'it is too large' };
}

/** The permissions of a mode as TOML gives it: a number as it is, a text (`0o640`, `0640`, `640`) as octal. */
export function parseMode(mode: number | string): number {
  return typeof mode === 'number' ? mode : Number.parseInt(mode.replace(/^0o/, ''), 8);
}

function wordMs(word: string): number | undefined {
  const lower = word.toLowerCase();
  if (lower.startsWith('month')) return 30 * dayMs;
  if (lower.startsWith('w')) return 7 * dayMs;
  if (lower.startsWith('y')) return 365 * dayMs;
  return unitMs[lower.slice(0, 1)];
}

function bounded(ms: number, longestMs: number): Parsed<number> {
  if (Number.isNaN(ms)) return { ok: false, reason: null };
  const value = Math.round(ms);
  if (value < 1) return { ok: false, reason: 'it must be more than 0' };
  if (value > longestMs) return { ok: false, reason: `it is more than ${longestMs / dayMs} days` };
  return { ok: true, value };
}
