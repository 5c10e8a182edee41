import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { spareMemory } from '../../src/cli/spare-memory.ts';

describe('the memory of an idle service', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  /** Space that a collection would give back. */
  function litter(): void {
    let held: unknown[] = [];
    for (let i = 0; i < 400_000; i += 1) held.push({ i });
    held = [];
    expect(held).toEqual([]);
  }

  it('is given back soon after a start at which there was nothing to do, and once only', () => {
    const collect = vi.fn<() => void>();
    const memory = spareMemory(collect, 1000, 300);
    vi.advanceTimersByTime(299);
    expect(collect).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(collect).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(60_000);
    expect(collect).toHaveBeenCalledTimes(1);
    memory.dispose();
  });

  it('is given back once nothing has been done for a whole interval, and once only', () => {
    const collect = vi.fn<() => void>();
    const memory = spareMemory(collect, 1000, 300);
    vi.advanceTimersByTime(200);
    memory.isBusy();
    vi.advanceTimersByTime(200);
    memory.isBusy();
    vi.advanceTimersByTime(1899);
    expect(collect).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(collect).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(60_000);
    expect(collect).toHaveBeenCalledTimes(1);
    memory.dispose();
  });

  it('is given back again after more work, not while there is work', () => {
    const collect = vi.fn<() => void>();
    const memory = spareMemory(collect, 1000);
    for (let i = 0; i < 10; i += 1) {
      memory.isBusy();
      vi.advanceTimersByTime(1000);
    }
    expect(collect).not.toHaveBeenCalled();
    vi.advanceTimersByTime(2000);
    expect(collect).toHaveBeenCalledTimes(1);
    memory.isBusy();
    vi.advanceTimersByTime(2000);
    expect(collect).toHaveBeenCalledTimes(2);
    memory.dispose();
  });

  it('is really given back', () => {
    const memory = spareMemory(undefined, 1000, 1000);
    litter();
    const before = process.memoryUsage().heapTotal;
    vi.advanceTimersByTime(2000);
    expect(process.memoryUsage().heapTotal).toBeLessThan(before);
    memory.dispose();
  });
});
