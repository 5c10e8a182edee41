/** Moments and spans of time as people read them. */

/** `2026-01-31 12:00:00 UTC` */
export function momentText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** `2026-01-31 12:00:00 UTC (3 min ago)`, or `(in 2 h)`, with the distance as `span` tells it */
export function nearText(ms: number, nowMs: number, span: (ms: number) => string = spanText): string {
  return `${momentText(ms)} (${distanceText(ms, nowMs, span)})`;
}

/** `3 min ago`, or `in 2 h`, as `span` tells it */
export function distanceText(ms: number, nowMs: number, span: (ms: number) => string): string {
  const distance = span(Math.abs(nowMs - ms));
  return ms <= nowMs ? `${distance} ago` : `in ${distance}`;
}

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** `12 ms`, `3.4 s`, `1 min 20 s`, `2 h 5 min`, `3 d 4 h` */
export function spanText(ms: number): string {
  if (ms < second) return `${Math.round(ms)} ms`;
  if (ms < 10 * second) return `${(ms / second).toFixed(1)} s`;
  // What rounds up to the next unit is told in it.
  if (ms < minute - second / 2) return `${Math.round(ms / second)} s`;
  if (ms < hour - second / 2) return twoUnits(ms, minute, 'min', second, 's');
  return ms < day - minute / 2 ? twoUnits(ms, hour, 'h', minute, 'min') : twoUnits(ms, day, 'd', hour, 'h');
}

function twoUnits(ms: number, large: number, largeName: string, small: number, smallName: string): string {
  // Rounded before it is split: 59.6 of the small ones are one of the large.
  const whole = Math.round(ms / small);
  const each = large / small;
  const rest = whole % each;
  return `${Math.floor(whole / each)} ${largeName}${rest === 0 ? '' : ` ${rest} ${smallName}`}`;
}
