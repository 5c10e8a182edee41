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
    settler.trustTimes(watch, isLocal ? found.dev : null);
    settler.observe(watch, { path: '/a', identity: identityOf(found), device: found.dev });
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

  test('on another machine’s file system, whose clock is not ours, settles like any other', async () => {
    observe(bench().settler(), 3_600_000, false);
    expect(bench().settled).toEqual([]);
    await bench().clock.advance(2000);
    expect(bench().settled).toEqual(['/a']);
  });

  test('on another device than the watch, such as a network disk that is mounted below it, settles like any other', async () => {
    const settler = bench().settler();
    const found = statOf({ dev: statOf().dev + 1 });
    bench().files.set('/a', found);
    settler.trustTimes(watch, statOf().dev);
    settler.observe(watch, { path: '/a', identity: identityOf(found), device: found.dev });
    expect(bench().settled).toEqual([]);
    await bench().clock.advance(2000);
    expect(bench().settled).toEqual(['/a']);
  });

  test.each([3_600_000, -3_600_000])('after the wall clock jumped by %i ms settles like any other', async (jump) => {
    const settler = bench().settler();
    bench().clock.jump(jump);
    observe(settler, 3_600_000);
    expect(bench().settled).toEqual([]);
    await bench().clock.advance(2000);
    expect(bench().settled).toEqual(['/a']);
  });

  test('and has an mtime in the future settles like any other', async () => {
    const found = statOf({ ctimeMs: 1, mtimeMs: bench().clock.now() + 3_600_000 });
    bench().files.set('/a', found);
    const settler = bench().settler();
    settler.trustTimes(watch, found.dev);
    settler.observe(watch, { path: '/a', identity: identityOf(found), device: found.dev });
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

describe('a file that an event told of, where the times of files are this machine’s', () => {
  /** Lets an event come so long after the file's last change; the settler has looked at it once then. */
  const event = async (settler: Settler, ageMs: number, isLocal = true): Promise<void> => {
    bench().files.set('/a', statOf({ ctimeMs: bench().clock.now() - ageMs, mtimeMs: 1 }));
    settler.trustTimes(watch, isLocal ? statOf().dev : null);
    settler.touch(watch, '/a');
    await bench().clock.advance(0);
    expect(bench().settled).toEqual([]);
  };

  test('has been at rest since its last change, not since the event', async () => {
    await event(bench().settler(), 150);
    await bench().clock.advance(1849);
    expect(bench().settled).toEqual([]);
    await bench().clock.advance(1);
    expect(bench().settled).toEqual(['/a']);
  });

  test('has not, where it is on another device than the watch', async () => {
    const settler = bench().settler();
    settler.trustTimes(watch, statOf().dev);
    bench().files.set('/a', statOf({ dev: statOf().dev + 1, ctimeMs: bench().clock.now() - 1900 }));
    settler.touch(watch, '/a');
    await bench().clock.advance(1999);
    expect(bench().settled).toEqual([]);
    await bench().clock.advance(1);
    expect(bench().settled).toEqual(['/a']);
  });

  test('must rest anew, since that change, when it has changed since it was looked at first', async () => {
    await event(bench().settler(), 1500);
    bench().files.set('/a', statOf({ size: 9, ctimeMs: bench().clock.now() + 100 }));
    await bench().clock.advance(500);
    expect(bench().settled).toEqual([]);
    await bench().clock.advance(1599);
    expect(bench().settled).toEqual([]);
    await bench().clock.advance(1);
    expect(bench().settled).toEqual(['/a']);
  });

  test('does not hold up one that was changed before it, nor wait for it', async () => {
    const settler = bench().settler();
    await event(settler, 0);
    bench().files.set('/b', statOf({ ctimeMs: bench().clock.now() - 1000 }));
    settler.touch(watch, '/b');
    await bench().clock.advance(0);
    await bench().clock.advance(1000);
    expect(bench().settled).toEqual(['/b']);
    await bench().clock.advance(1000);
    expect(bench().settled).toEqual(['/b', '/a']);
  });

  test.each([2000, 3_600_000])(
    'and was last changed %i ms ago, if that is so, must rest all the same',
    async (ageMs) => {
      await event(bench().settler(), ageMs);
      await bench().clock.advance(1999);
      expect(bench().settled).toEqual([]);
      await bench().clock.advance(1);
      expect(bench().settled).toEqual(['/a']);
    },
  );

  test('on another machine’s file system is at rest from the first look on', async () => {
    await event(bench().settler(), 150, false);
    await bench().clock.advance(1999);
    expect(bench().settled).toEqual([]);
    await bench().clock.advance(1);
    expect(bench().settled).toEqual(['/a']);
  });

  test.each([3_600_000, -3_600_000])(
    'is at rest from the first look on after the clock jumped by %i ms',
    async (jump) => {
      const settler = bench().settler();
      bench().clock.jump(jump);
      await event(settler, 150);
      await bench().clock.advance(1999);
      expect(bench().settled).toEqual([]);
      await bench().clock.advance(1);
      expect(bench().settled).toEqual(['/a']);
    },
  );
});
