import { describe, expect, it } from 'vitest';
import { SilentArchives } from '../../src/service/silent-archives.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { collectLog } from '../support/log.ts';

function bench() {
  const clock = new FakeClock();
  const log = collectLog();
  const changes: (string | null)[] = [];
  const answers = new Map<string, Promise<void>>();
  const looks: string[] = [];
  const archives = new SilentArchives(clock, log, async (path) => {
    looks.push(path);
    await answers.get(path);
  });
  archives.onChange = () => void changes.push(archives.of('w')?.reason ?? null);
  /** A group whose work ends when it is told to. */
  const begin = (groupKey: string, ...basePaths: readonly string[]) => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const result = archives.during(basePaths, { watchName: 'w', groupKey }, () => promise);
    return { result, end: () => resolve(groupKey) };
  };
  /** A disk does not answer until it is told to. */
  const silence = (path: string): (() => void) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    answers.set(path, promise);
    return resolve;
  };
  return { clock, log, changes, archives, begin, looks, silence };
}

const reason = '/silent does not answer: its disk or server may be away';

describe('an archive that does not answer', () => {
  it('is told of with the groups that wait for it, once, and that it is back', async () => {
    const { clock, log, changes, archives, begin, looks, silence } = bench();
    const answer = silence('/silent');
    const [a, b] = [begin('a', '/silent'), begin('b', '/silent')];
    begin('c', '/well');
    await clock.advance(60_000);
    expect(archives.of('w')).toEqual({ groups: 2, groupKey: 'a', reason });
    expect(archives.of('another')).toBeNull();
    expect(looks.filter((path) => path === '/silent')).toHaveLength(1);
    expect(log.lines).toEqual([`ERROR an archive does not answer; groups wait for it {"reason":"${reason}"}`]);
    answer();
    a.end();
    b.end();
    expect(await Promise.all([a.result, b.result])).toEqual(['a', 'b']);
    await clock.advance(60_000);
    expect(archives.of('w')).toBeNull();
    expect(changes).toEqual([reason, null]);
    expect(log.said('INFO an archive answers again')).toBe(1);
  });

  it('is not told of while it answers, however long a group is at it', async () => {
    const { clock, log, changes, begin, looks } = bench();
    const long = begin('a', '/well');
    await clock.advance(60_000);
    expect(looks.length).toBeGreaterThan(1);
    long.end();
    await clock.advance(10_000);
    const { length } = looks;
    await clock.advance(60_000);
    expect(looks).toHaveLength(length);
    expect([log.lines, changes, clock.timers]).toEqual([[], [], 0]);
  });

  it('is not looked at for groups that are done soon', async () => {
    const { clock, begin, looks } = bench();
    for (let i = 0; i < 20; i += 1) {
      const short = begin('a', '/silent');
      await clock.advance(3000);
      short.end();
    }
    expect(looks).toEqual([]);
  });
});
