import { beforeEach, describe, expect, test } from 'vitest';
import { Backlog, kernelQueue } from '../../src/watch/backlog.ts';

let turns: (() => void)[] = [];
let backlog: Backlog;
beforeEach(() => {
  turns = [];
  backlog = new Backlog({ queue: 10, afterTurn: (done) => turns.push(done) });
});

function add(count: number): readonly boolean[] {
  return Array.from({ length: count }, () => backlog.add());
}

describe('events', () => {
  test('of which half of what the kernel keeps comes in one go may be more than it has kept, which is said once', () => {
    expect(add(4)).not.toContain(true);
    expect(add(1)).toEqual([true]);
    expect(add(10)).not.toContain(true);
    for (const done of turns.splice(0)) done();
    expect(add(5)).toEqual([false, false, false, false, true]);
  });

  test('that come in several goes have all been kept', () => {
    for (let turn = 0; turn < 100; turn += 1) {
      expect(add(4)).not.toContain(true);
      for (const done of turns.splice(0)) done();
    }
  });

  test('are kept as many as the system says', () => {
    expect(kernelQueue()).toBeGreaterThan(0);
  });
});
