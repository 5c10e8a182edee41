import type { StepCounts } from './counts.ts';

const minuteMs = 60_000;
const minutesKept = 60;
/** Lags that are kept of each watch. */
const lagsKept = 200;

/** The spans of time that are kept of before a moment: from, and to; the last one is not over. */
export function minutesBefore(at: number): readonly (readonly [since: number, before: number])[] {
  const first = (Math.floor(at / minuteMs) - minutesKept + 1) * minuteMs;
  return Array.from({ length: minutesKept }, (_, i) => {
    const since = first + i * minuteMs;
    return [since, Math.min(since + minuteMs, at)];
  });
}

interface WatchFlow {
  /** Files archived, by minute since 1970. */
  readonly minutes: Map<number, number>;
  /** The latest, the oldest first; in seconds. */
  lags: readonly number[];
}

/** How much was archived lately, by watch. */
export class Throughput {
  readonly #flows = new Map<string, WatchFlow>();

  /** `at` in ms since 1970. */
  add(watchName: string, at: number, files: number): void {
    const { minutes } = this.#flow(watchName);
    const minute = Math.floor(at / minuteMs);
    minutes.set(minute, (minutes.get(minute) ?? 0) + files);
    for (const old of minutes.keys()) if (old <= minute - minutesKept) minutes.delete(old);
  }

  note(counts: StepCounts, at: number): void {
    for (const [name, { files, lags }] of Object.entries(counts.watches)) {
      if (files > 0) this.add(name, at, files);
      const flow = this.#flow(name);
      flow.lags = [...flow.lags, ...lags].slice(-lagsKept);
    }
  }

  /** Files in each of the last sixty minutes, the present one last. */
  perMinute(watchName: string, at: number): readonly number[] {
    const minutes = this.#flows.get(watchName)?.minutes;
    const now = Math.floor(at / minuteMs);
    return Array.from({ length: minutesKept }, (_, i) => minutes?.get(now - minutesKept + 1 + i) ?? 0);
  }

  /** The middle one of the latest lags, in seconds. */
  lag(watchName: string): number | null {
    const lags = this.#flows.get(watchName)?.lags ?? [];
    return lags.toSorted((a, b) => a - b)[Math.floor(lags.length / 2)] ?? null;
  }

  #flow(watchName: string): WatchFlow {
    const found = this.#flows.get(watchName);
    if (found !== undefined) return found;
    const flow: WatchFlow = { minutes: new Map(), lags: [] };
    this.#flows.set(watchName, flow);
    return flow;
  }
}
