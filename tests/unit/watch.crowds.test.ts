import { beforeEach, describe, expect, test } from 'vitest';
import { Crowds, kernelQueue } from '../../src/watch/crowds.ts';

let now = 0;
let turns: (() => void)[] = [];
let crowds: Crowds;
beforeEach(() => {
  now = 0;
  turns = [];
  crowds = new Crowds({ queue: 10, now: () => now, afterTurn: (done) => turns.push(done) });
});

/** Adds so many events of writing and gives whether each was one too many. */
function add(count: number, isEntry = false): readonly boolean[] {
  return Array.from({ length: count }, () => crowds.add(isEntry));
}

describe('events', () => {
  test('of which half of what the kernel keeps comes in one go may be more than it has kept, which is said once', () => {
    expect(add(4)).not.toContain(true);
    expect(add(1)).toEqual([true]);
    expect(add(10)).not.toContain(true);
  });

  test('that come in several goes have all been kept', () => {
    for (let turn = 0; turn < 100; turn += 1) {
      expect(add(4)).not.toContain(true);
      for (const done of turns.splice(0)) done();
    }
  });

  test('of entries are too many when 5,000 come within a second, and not over two', () => {
    const entries = (count: number) =>
      Array.from({ length: count }, () => {
        for (const done of turns.splice(0)) done();
        return crowds.add(true);
      });
    expect(entries(4999)).not.toContain(true);
    now = 1000;
    expect(entries(4999)).not.toContain(true);
    expect(crowds.inSecond).toBe(4999);
    expect(entries(2)).toEqual([true, false]);
  });

  test('are kept as many as the system says', () => {
    expect(kernelQueue()).toBeGreaterThan(0);
  });
});
