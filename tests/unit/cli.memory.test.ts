import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { boundHeap, collectEarly } from '../../src/cli/memory.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

it('holds the young generation of a service once it is as large as it should be, and not before', () => {
  let young = 4 * 2 ** 20;
  const flags: string[] = [];
  const stop = boundHeap({ young: () => young, set: (flag) => flags.push(flag) });
  vi.advanceTimersByTime(10_000);
  expect(flags).toEqual(['--heap-growing-percent=150']);
  young = 33 * 2 ** 20;
  vi.advanceTimersByTime(1000);
  expect(flags).toEqual(['--heap-growing-percent=150', '--semi-space-growth-factor=1']);
  expect(vi.getTimerCount()).toBe(0);
  stop();
});

it('looks no longer when it has been stopped', () => {
  const stop = boundHeap({ young: () => 0, set: () => undefined });
  stop();
  expect(vi.getTimerCount()).toBe(0);
});

it('keeps the heap of a command that streams as small as it goes', () => {
  const flags: string[] = [];
  collectEarly({ set: (flag) => flags.push(flag) });
  expect(flags).toEqual(['--semi-space-growth-factor=1', '--heap-growing-percent=30']);
});
