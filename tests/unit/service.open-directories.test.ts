import { describe, expect, test, vi } from 'vitest';
import { OpenDirectories } from '../../src/service/group/open-directories.ts';
import type { DirectoryChange } from '../../src/store/index.ts';
import { FakeClock } from '../support/fake-clock.ts';

/** A database that is told of directories, and answers when the test says so. */
function bench() {
  const clock = new FakeClock();
  const changes: (Omit<DirectoryChange, 'at'> & { readonly end: () => void; readonly fail: (error: Error) => void })[] =
    [];
  const directories = new OpenDirectories(
    {
      recordDirectories: ({ opened, closed }) =>
        new Promise<void>((resolve, reject) => void changes.push({ opened, closed, end: resolve, fail: reject })),
    },
    clock,
  );
  const log: string[] = [];
  /** A transfer that begins when it may, and ends when the test says so. */
  const begin = (directory: string) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const over = directories.use(directory, async () => {
      log.push(directory);
      await promise;
    });
    return { over, end: resolve };
  };
  /** A whole transfer, and the record that it waits for. */
  const transferTo = async (directory: string) => {
    const count = changes.length;
    const { over, end } = begin(directory);
    end();
    await clock.advance(10);
    changes[count]?.end();
    await over;
  };
  return { clock, changes, directories, log, begin, transferTo };
}

describe('a directory that files are written into', () => {
  test('is on record before the first of them, once for all that go there', async () => {
    const { clock, changes, log, begin } = bench();
    const [first, second] = [begin('/archive/a'), begin('/archive/a')];
    await clock.advance(10);
    expect(changes).toMatchObject([{ opened: ['/archive/a'], closed: [] }]);
    expect(log).toEqual([]);
    changes[0]?.end();
    await vi.waitFor(() => expect(log).toEqual(['/archive/a', '/archive/a']));
    first.end();
    second.end();
    await Promise.all([first.over, second.over]);
    const third = begin('/archive/a');
    third.end();
    await third.over;
    expect(changes).toHaveLength(1);
  });

  test('is recorded next when it comes while others are being recorded', async () => {
    const { clock, changes, log, begin } = bench();
    begin('/archive/a');
    await clock.advance(10);
    begin('/archive/b');
    begin('/archive/c');
    await clock.advance(10);
    expect(changes).toHaveLength(1);
    changes[0]?.end();
    await vi.waitFor(() => expect(changes).toHaveLength(2));
    expect(changes[1]).toMatchObject({ opened: ['/archive/b', '/archive/c'] });
    expect(log).toEqual(['/archive/a']);
    changes[1]?.end();
    await vi.waitFor(() => expect(log).toEqual(['/archive/a', '/archive/b', '/archive/c']));
  });

  test('that cannot be recorded fails its transfers, and is recorded with the next one', async () => {
    const { clock, changes, log, begin, transferTo } = bench();
    const { over } = begin('/archive/a');
    const outcome = Promise.allSettled([over]);
    await clock.advance(10);
    changes[0]?.fail(new Error('no'));
    expect(await outcome).toMatchObject([{ status: 'rejected', reason: { message: 'no' } }]);
    expect(log).toEqual([]);
    await transferTo('/archive/a');
    expect(changes[1]).toMatchObject({ opened: ['/archive/a'] });
    expect(log).toEqual(['/archive/a']);
  });

  test('goes off the record when many have come since, unless something is written into it', async () => {
    const { changes, begin, transferTo, clock } = bench();
    const busy = begin('/archive/busy');
    await clock.advance(10);
    changes[0]?.end();
    for (let i = 0; i < 102; i += 1) await transferTo(`/archive/${i}`);
    expect(changes.flatMap(({ closed }) => closed)).toEqual(['/archive/0']);
    // It is one like any other then.
    await transferTo('/archive/0');
    expect(changes.at(-1)).toMatchObject({ opened: ['/archive/0'], closed: ['/archive/1'] });
    busy.end();
    await busy.over;
  });

  test('stays on record when something may be left there', async () => {
    const { changes, directories, transferTo } = bench();
    await transferTo('/archive/a');
    await transferTo('/archive/b');
    directories.leave('/archive/a');
    const failing = directories.use('/archive/b', () => Promise.reject(new Error('a thread has ended')));
    await expect(failing).rejects.toThrow('a thread has ended');
    await transferTo('/archive/c');
    const closed = directories.close();
    expect(changes.at(-1)).toMatchObject({ opened: [], closed: ['/archive/c'] });
    changes.at(-1)?.end();
    await closed;
  });

  test('costs the others nothing when it stays on record, and is written into again as it is', async () => {
    const { clock, changes, directories, transferTo } = bench();
    const count = 20_000;
    for (let i = 0; i < count; i += 1) directories.leave(`/archive/left${i}`);
    await directories.use('/archive/left0', () => Promise.resolve());
    expect(changes, 'it is on record already').toHaveLength(0);
    const looked = vi.spyOn(Set.prototype, 'has');
    await transferTo('/archive/a');
    const looks = looked.mock.calls.length;
    looked.mockRestore();
    expect(looks).toBeLessThan(1000);
    expect(clock.timers).toBe(0);
  });

  test('goes off the record at the end, but not what is still written into', async () => {
    const { changes, directories, begin, transferTo, clock } = bench();
    begin('/archive/busy');
    await clock.advance(10);
    changes[0]?.end();
    await transferTo('/archive/idle');
    const closed = directories.close();
    expect(changes.at(-1)).toMatchObject({ opened: [], closed: ['/archive/idle'] });
    changes.at(-1)?.end();
    await closed;
    await expect(begin('/archive/late').over).rejects.toMatchObject({ code: 'POOL_CLOSED' });
  });
});
