import { expect, it } from 'vitest';
import { isHolderAlive, thisHolder } from '../../src/service/database/holder.ts';

const now = Date.UTC(2026, 0, 2, 3, 4, 5);
const heartbeatMs = 60_000;
const yearMs = 365 * 86_400_000;

it.each([
  ['lately', -4 * heartbeatMs, true],
  ['five heartbeats ago', -5 * heartbeatMs, false],
  ['by a clock that is a little ahead', 4 * heartbeatMs, true],
  ['by a clock that was a year ahead, and has been set back', yearMs, false],
])('a process on another host that gave a sign of life %s', (_, distanceMs, isAlive) => {
  const own = thisHolder('own', 'run');
  const times = { startedAt: now - yearMs, lastHeartbeat: now + distanceMs, heartbeatMs };
  const other = { ...own, ...times, instance: 'other-1', host: 'elsewhere' };
  expect(isHolderAlive(other, own, now)).toBe(isAlive);
});
