import { lstatSync, mkdirSync, symlinkSync, writeFileSync, type Stats } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test, vi } from 'vitest';

import { identityOf } from '../../src/core/index.ts';
import { Settler } from '../../src/watch/index.ts';
import { errorOf, statOf, useBench } from '../support/settler.ts';
import { useTemp } from '../support/temp.ts';
import { watchOf } from '../support/watch.ts';

const temp = useTemp();
const bench = useBench();
const watch = watchOf('/delivery');

describe('a file that was touched', () => {
  test('settles when it has not changed for the settle time since it was seen', async () => {
    const settler = bench().settler();
    bench().files.set('/a', statOf());
    settler.touch(watch, '/a');
    await bench().clock.advance(1999);
    expect(bench().settled).toEqual([]);
    expect(settler.depth).toBe(1);
    await bench().clock.advance(1);
    expect(bench().settled).toEqual(['/a']);
    expect(settler.depth).toBe(0);
    expect(bench().clock.timers).toBe(0);
  });

  test('is told with the identity that it settled in', async () => {
    const seen: unknown[] = [];
    const settler = bench().settler({ onSettled: (found) => seen.push(...found) });
    bench().files.set('/a', statOf({ size: 77 }));
    settler.touch(watch, '/a');
    await bench().clock.advance(2000);
    expect(seen).toEqual([{ watch, path: '/a', identity: identityOf(statOf({ size: 77 })) }]);
  });

  test.each([
    ['size', { size: 2 }],
    ['mtime', { mtimeMs: 2 }],
    ['ctime alone: its mtime was preserved', { ctimeMs: 2 }],
    ['inode: it was exchanged', { ino: 2 }],
  ])('and changes its %s settles only afterwards', async (_, change) => {
    const settler = bench().settler();
    bench().files.set('/a', statOf());
    settler.touch(watch, '/a');
    await bench().clock.advance(1900);
    bench().files.set('/a', statOf(change));
    await bench().clock.advance(2000);
    expect(bench().settled).toEqual([]);
    await bench().clock.advance(2000);
    expect(bench().settled).toEqual(['/a']);
  });

  test('and grows for an hour is not given up, and settles at the end', async () => {
    const settler = bench().settler();
    settler.touch(watch, '/a');
    for (let size = 0; size < 3600; size += 1) {
      bench().files.set('/a', statOf({ size }));
      await bench().clock.advance(1000);
      if (size % 600 === 0) expect(bench().settled).toEqual([]);
    }
    expect(bench().settled).toEqual([]);
    await bench().clock.advance(4000);
    expect(bench().settled).toEqual(['/a']);
  });

  test('again and again settles once', async () => {
    const settler = bench().settler();
    bench().files.set('/a', statOf());
    for (let i = 0; i < 20; i += 1) {
      settler.touch(watch, '/a');
      await bench().clock.advance(50);
    }
    await bench().clock.advance(2000);
    expect(bench().settled).toEqual(['/a']);
    settler.touch(watch, '/a');
    await bench().clock.advance(2000);
    expect(bench().settled).toEqual(['/a', '/a']);
  });

  test.each(['ENOENT', 'ENOTDIR', 'ELOOP'])('and is gone (%s) is told as bench().gone, at once', async (code) => {
    const settler = bench().settler();
    bench().files.set('/a', statOf());
    settler.touch(watch, '/a');
    await bench().clock.advance(100);
    bench().files.set('/a', code);
    await bench().clock.advance(2000);
    expect([bench().settled, bench().gone]).toEqual([[], ['/a']]);
    settler.touch(watch, '/b');
    await bench().clock.advance(0);
    expect(bench().gone).toEqual(['/a', '/b']);
  });

  test('and has become a directory is gone as a file', async () => {
    mkdirSync(join(temp(), 'directory'));
    bench().files.set('/a', lstatSync(join(temp(), 'directory')));
    bench().settler().touch(watch, '/a');
    await bench().clock.advance(5000);
    expect([bench().settled, bench().gone]).toEqual([[], ['/a']]);
  });

  test.each(['EACCES', 'EBUSY', 'EIO', 'EMFILE'])(
    'and cannot be looked at (%s) is looked at until it can',
    async (code) => {
      const settler = bench().settler();
      bench().files.set('/a', code);
      settler.touch(watch, '/a');
      await bench().clock.advance(3_600_000);
      expect([bench().settled, bench().gone, settler.depth]).toEqual([[], [], 1]);
      bench().files.set('/a', statOf());
      await bench().clock.advance(4000);
      expect(bench().settled).toEqual(['/a']);
    },
  );

  test('while it is being looked at is looked at again: the answer may be older than the event', async () => {
    let answer: (stat: Stats) => void = () => undefined;
    const stats = [Promise.resolve(statOf()), new Promise<Stats>((resolve) => (answer = resolve))];
    const settler = bench().settler({ stat: () => stats.shift() ?? Promise.resolve(statOf({ size: 2 })) });
    settler.touch(watch, '/a');
    await bench().clock.advance(2000);
    settler.touch(watch, '/a');
    answer(statOf());
    await bench().clock.advance(0);
    expect(bench().settled).toEqual([]);
    await bench().clock.advance(4000);
    expect(bench().settled).toEqual(['/a']);
  });

  test('after it was looked at, while others still are, is not taken for what it was', async () => {
    let answer: (stat: Stats) => void = () => undefined;
    const settler = bench().settler({
      stat: (path) => {
        const isOpen = path === '/b' && bench().clock.monotonic() === 1_002_000;
        return isOpen ? new Promise<Stats>((resolve) => (answer = resolve)) : Promise.resolve(statOf());
      },
    });
    for (const path of ['/a', '/b']) settler.touch(watch, path);
    await bench().clock.advance(2000);
    settler.touch(watch, '/a');
    answer(statOf());
    await bench().clock.advance(1999);
    expect(bench().settled).toEqual(['/b']);
    await bench().clock.advance(1);
    expect([bench().settled, settler.depth]).toEqual([['/b', '/a'], 0]);
  });

  test('and seems gone while it is written anew is not given up', async () => {
    let fail: (error: Error) => void = () => undefined;
    const stats = [new Promise<Stats>((_, reject) => (fail = reject))];
    const settler = bench().settler({ stat: () => stats.shift() ?? Promise.resolve(statOf()) });
    settler.touch(watch, '/a');
    await bench().clock.advance(0);
    settler.touch(watch, '/a');
    fail(errorOf('ENOENT'));
    await bench().clock.advance(4000);
    expect([bench().settled, bench().gone]).toEqual([['/a'], []]);
  });
});

describe('thousands of files', () => {
  test('settle all, each once, in the order in which they came', async () => {
    const settler = bench().settler();
    const paths = Array.from({ length: 5000 }, (_, i) => `/${i}`);
    for (const path of paths) {
      bench().files.set(path, statOf());
      settler.touch(watch, path);
    }
    await bench().clock.advance(2500);
    expect(bench().settled).toEqual(paths);
    await settler.whenIdle();
  });

  test('of two watches settle by the time of their own watch', async () => {
    const settler = bench().settler();
    const slow = watchOf('/slow', { name: 'slow', settleMs: 10_000 });
    for (const path of ['/a', '/b']) bench().files.set(path, statOf());
    settler.touch(slow, '/a');
    settler.touch(watch, '/b');
    await bench().clock.advance(2000);
    expect(bench().settled).toEqual(['/b']);
    await bench().clock.advance(7999);
    expect(bench().settled).toEqual(['/b']);
    await bench().clock.advance(1);
    expect(bench().settled).toEqual(['/b', '/a']);
  });
});

describe('a disk that keeps silent', () => {
  const hung = watchOf('/hung', { name: 'hung' });

  /** A settler to which nothing below /hung answers, until `answer` is called for it. */
  function hangingSettler(atOnce = 2) {
    const answers = new Map<string, () => void>();
    const asked: string[] = [];
    const said: string[] = [];
    const disk = { isAway: true };
    const settler = bench().settler({
      atOnce,
      stat: async (path) => {
        asked.push(path);
        if (disk.isAway && path.startsWith('/hung/slow'))
          await new Promise<void>((resolve) => void answers.set(path, () => resolve(void answers.delete(path))));
        return statOf();
      },
      onSilent: ({ name }, path) => said.push(`${name}: ${path}`),
      onAnswer: ({ name }) => said.push(`${name} answers`),
    });
    return { settler, answers, asked, said, disk };
  }

  test('does not hold up the files of another watch', async () => {
    const { settler } = hangingSettler();
    settler.touch(hung, '/hung/slow');
    await bench().clock.advance(0);
    settler.touch(watch, '/a');
    await bench().clock.advance(2000);
    expect(bench().settled).toEqual(['/a']);
  });

  test('is told of after 10 s, and again when it answers; its files settle then', async () => {
    const { settler, answers, said } = hangingSettler();
    settler.touch(hung, '/hung/slow');
    await bench().clock.advance(9999);
    expect(said).toEqual([]);
    await bench().clock.advance(3_600_000);
    expect([said, bench().settled, settler.depth]).toEqual([['hung: /hung/slow'], [], 1]);
    answers.get('/hung/slow')?.();
    await bench().clock.advance(2000);
    expect(said).toEqual(['hung: /hung/slow', 'hung answers']);
    answers.get('/hung/slow')?.();
    await bench().clock.advance(0);
    expect([bench().settled, settler.depth, bench().clock.timers]).toEqual([['/hung/slow'], 0, 0]);
  });

  test('holds up the other files of its watch until it is told of, and those only that it leaves a place for', async () => {
    const { settler, answers, asked, disk } = hangingSettler();
    for (const path of ['/hung/slow/a', '/hung/b', '/hung/c']) settler.touch(hung, path);
    await bench().clock.advance(9999);
    expect(bench().settled).toEqual([]);
    await bench().clock.advance(4000);
    expect(bench().settled).toEqual(['/hung/b', '/hung/c']);
    for (const path of ['/hung/slow/d', '/hung/slow/e', '/hung/f']) settler.touch(hung, path);
    await bench().clock.advance(3_600_000);
    expect(bench().settled).toEqual(['/hung/b', '/hung/c']);
    expect(asked.filter((path) => path.startsWith('/hung/slow'))).toEqual(['/hung/slow/a', '/hung/slow/d']);
    disk.isAway = false;
    for (const answer of answers.values()) answer();
    await bench().clock.advance(2000);
    expect(bench().settled.toSorted()).toEqual([
      '/hung/b',
      '/hung/c',
      '/hung/f',
      '/hung/slow/a',
      '/hung/slow/d',
      '/hung/slow/e',
    ]);
  });

  test('and is told of again when it keeps silent again', async () => {
    const { settler, answers, said } = hangingSettler(1);
    settler.touch(hung, '/hung/slow');
    await bench().clock.advance(10_000);
    answers.get('/hung/slow')?.();
    await bench().clock.advance(12_000);
    expect(said).toEqual(['hung: /hung/slow', 'hung answers', 'hung: /hung/slow']);
  });

  test('is left alone by a settler that is closed', async () => {
    const { settler, answers, said } = hangingSettler();
    settler.touch(hung, '/hung/slow');
    await bench().clock.advance(10_000);
    settler.close();
    answers.get('/hung/slow')?.();
    await bench().clock.advance(10_000);
    expect([said, bench().settled, bench().clock.timers]).toEqual([['hung: /hung/slow'], [], 0]);
  });
});

describe('a settler', () => {
  test('is idle when nothing is left, and not before', async () => {
    const settler = bench().settler();
    await settler.whenIdle();
    bench().files.set('/a', statOf());
    settler.touch(watch, '/a');
    settler.touch(watch, '/b');
    let isIdle = false;
    void settler.whenIdle().then(() => (isIdle = true));
    await bench().clock.advance(1999);
    expect(isIdle).toBe(false);
    await bench().clock.advance(100);
    expect(isIdle).toBe(true);
  });

  test('that is closed tells nothing more and lets go of whoever waits', async () => {
    const settler = bench().settler();
    bench().files.set('/a', statOf());
    settler.touch(watch, '/a');
    const idle = settler.whenIdle();
    settler.close();
    await idle;
    settler.touch(watch, '/a');
    await bench().clock.advance(10_000);
    expect([bench().settled, settler.depth, bench().clock.timers]).toEqual([[], 0, 0]);
  });

  test('looks at real files, at links themselves unless they are followed', async () => {
    writeFileSync(join(temp(), 'real'), 'x');
    symlinkSync('real', join(temp(), 'link'));
    symlinkSync('loop', join(temp(), 'loop'));
    symlinkSync('nowhere', join(temp(), 'dangling'));
    const seen: [string, number][] = [];
    const settler = new Settler({
      clock: bench().clock,
      onSettled: (found) =>
        seen.push(...found.map(({ watch: { name }, identity }): [string, number] => [name, identity.sizeBytes])),
      onGone: (found) => seen.push(...found.map(({ path }): [string, number] => [path.slice(temp().length + 1), -1])),
    });
    const following = watchOf(temp(), { name: 'following', followSymlinks: true });
    settler.touch(following, join(temp(), 'link'));
    settler.touch(following, join(temp(), 'loop'));
    settler.touch(following, join(temp(), 'dangling'));
    settler.touch(watchOf(temp(), { name: 'not following' }), join(temp(), 'real'));
    // System calls take a time of their own: time goes on until all of them have been heard.
    await vi.waitFor(async () => {
      await bench().clock.advance(500);
      expect(seen).toHaveLength(4);
    });
    expect(new Map(seen)).toEqual(
      new Map([
        ['dangling', -1],
        ['following', 1],
        ['loop', -1],
        ['not following', 1],
      ]),
    );
    settler.close();
  });
});
