import { systemClock, type Clock } from '../../src/core/index.ts';

/** A clock whose timers of one length end after another one. */
export function hurriedClock(insteadOfMs: number, ms: number, clock: Clock = systemClock): Clock {
  return { ...clock, after: (delayMs, run) => clock.after(delayMs === insteadOfMs ? ms : delayMs, run) };
}

/** A clock that shows another time than the computer's; its intervals are real. */
export function shiftedClock(shiftMs: number): Clock {
  return { ...systemClock, now: () => systemClock.now() + shiftMs };
}
