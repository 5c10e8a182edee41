import { describe, expect, test } from 'vitest';

import { identityOf } from '../../src/core/index.ts';
import type { Settler } from '../../src/watch/index.ts';
import { statOf, useBench } from '../support/settler.ts';
import { watchOf } from '../support/watch.ts';

const bench = useBench();
const watch = watchOf('/delivery');

describe('a file that a scan found', () => {
  const observe = (settler: Settler, ageMs: number, isLocal = true): void => {
    const found = statOf({ ctimeMs: bench().clock.now() - ageMs, mtimeMs: 1 });
    bench().files.set('/a', found);
    settler.observe(watch, '/a', identityOf(found), isLocal);
  };

  test('and was last changed longer ago than the settle time is settled already', () => {
    observe(bench().settler(), 2000);
    expect(bench().settled).toEqual(['/a']);
  });

  test('and was changed since settles like any other', async () => {
    observe(bench().settler(), 1999);
    expect(bench().settled).toEqual([]);
    await bench().clock.advance(1999);
    expect(bench().settled).toEqual([]);
    await bench().clock.advance(1);
    expect(bench().settled).toEqual(['/a']);
  });

  test('on another machine’s file system, whose bench().clock is not ours, settles like any other', async () => {
    observe(bench().settler(), 3_600_000, false);
    expect(bench().settled).toEqual([]);
    await bench().clock.advance(2000);
    expect(bench().settled).toEqual(['/a']);
  });

  test.each([3_600_000, -3_600_000])(
    'after the wall bench().clock jumped by %i ms settles like any other',
    async (jump) => {
      const settler = bench().settler();
      bench().clock.jump(jump);
      observe(settler, 3_600_000);
      expect(bench().settled).toEqual([]);
      await bench().clock.advance(2000);
      expect(bench().settled).toEqual(['/a']);
    },
  );

  test('and has an mtime in the future settles like any other', async () => {
    const found = statOf({ ctimeMs: 1, mtimeMs: bench().clock.now() + 3_600_000 });
    bench().files.set('/a', found);
    bench().settler().observe(watch, '/a', identityOf(found), true);
    expect(bench().settled).toEqual([]);
    await bench().clock.advance(2000);
    expect(bench().settled).toEqual(['/a']);
  });

  test('and is settling already takes no short cut', async () => {
    const settler = bench().settler();
    bench().files.set('/a', statOf());
    settler.touch(watch, '/a');
    observe(settler, 3_600_000);
    expect(bench().settled).toEqual([]);
    await bench().clock.advance(4000);
    expect(bench().settled).toEqual(['/a']);
  });

  test('and has changed by the time it is looked at does not settle', async () => {
    const settler = bench().settler();
    observe(settler, 0);
    bench().files.set('/a', statOf({ size: 9 }));
    await bench().clock.advance(2000);
    expect(bench().settled).toEqual([]);
    await bench().clock.advance(2000);
    expect(bench().settled).toEqual(['/a']);
  });
});
