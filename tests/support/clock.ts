import { systemClock, type Clock } from '../../src/core/index.ts';

/** A clock that shows another time than the computer's; its intervals are real. */
export function shiftedClock(shiftMs: number): Clock {
  return { ...systemClock, now: () => systemClock.now() + shiftMs };
}
