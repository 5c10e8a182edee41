import { printable } from '../../src/core/printable.ts';

export { counted } from '../../src/core/counted.ts';
import type { Cell } from '../../src/web/protocol.ts';

const spans: readonly (readonly [number, string])[] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1000, 's'],
];

/** A span of time in its two largest units: `3 h 20 min`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  const place = spans.findIndex(([unit]) => ms >= unit);
  const [unit, name] = spans[place] ?? [1000, 's'];
  const whole = Math.floor(ms / unit);
  const [nextUnit, nextName] = spans[place + 1] ?? [0, ''];
  const rest = nextUnit === 0 ? 0 : Math.floor((ms - whole * unit) / nextUnit);
  return rest === 0 || whole >= 10 ? `${whole} ${name}` : `${whole} ${name} ${rest} ${nextName}`;
}

/** How long ago, or how long until: `3 min ago`, `in 2 h`. */
export function relative(at: number, now: number): string {
  const ms = now - at;
  if (Math.abs(ms) < 5000) return 'now';
  return ms > 0 ? `${duration(ms)} ago` : `in ${duration(-ms)}`;
}

/** How long something has been so: `for 3 min`. */
export function lasting(at: number, now: number): string {
  return now - at < 5000 ? 'just now' : `for ${duration(now - at)}`;
}

/** As the commands and logs write it. */
export function absolute(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

const sizes = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** A size, of three digits or so: `1.2 GB`. */
export function bytes(count: number): string {
  let size = count;
  let unit = 0;
  while (size >= 1000 && unit < sizes.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${size >= 100 || unit === 0 ? Math.round(size) : size.toFixed(1)} ${sizes[unit] ?? ''}`;
}

/** A number with its thousands apart. */
export function number(count: number): string {
  return count.toLocaleString('en');
}

/** A state's name in words: `retry_pending` → `retry pending`. */
export function words(name: string): string {
  return name.replaceAll('_', ' ');
}

/** A cell of a table as text. */
export function cellText(value: Cell | undefined, type: string): string {
  if (value === null || value === undefined) return '';
  if (type === 'datetime' && typeof value === 'string') return value.slice(0, 19).replace('T', ' ');
  return printable(typeof value === 'object' ? JSON.stringify(value) : String(value));
}
