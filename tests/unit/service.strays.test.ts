import { expect, it } from 'vitest';
import type { WatchConfig } from '../../src/config/types.ts';
import { Strays, type Stray } from '../../src/service/group/strays.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { collectLog } from '../support/project.ts';

const minute = 60_000;

function bench() {
  const clock = new FakeClock();
  const log = collectLog();
  const begin = clock.monotonic();
  const taken: (readonly [string, number, ...string[]])[] = [];
  /** Has every stray go astray again as soon as it is taken up. */
  const fate = { isHopeless: false, pauseMs: 0 };
  const strays: Strays = new Strays({ clock, log }, (stray: Stray) => {
    const { watch, groupKey, paths } = stray;
    taken.push([`${watch.name}/${groupKey}`, (clock.monotonic() - begin) / minute, ...paths]);
    if (fate.isHopeless && fate.pauseMs === 0) strays.note(stray);
    else if (fate.isHopeless) clock.after(fate.pauseMs, () => strays.note(stray));
  });
  // Nothing else of a watch is asked.
  const stray = (watch: string, groupKey: string, ...paths: readonly string[]): Stray => ({
    watch: { name: watch } as WatchConfig,
    groupKey,
    paths,
    reason: null,
  });
  return { clock, log, taken, fate, strays, stray };
}

it('a stray is taken up once, a minute later, with all files of which news were lost', async () => {
  const { clock, taken, strays, stray } = bench();
  strays.note(stray('a', 'one', '/1'));
  strays.note(stray('b', 'one'));
  await clock.advance(minute / 2);
  strays.note(stray('a', 'one', '/1', '/2'));
  await clock.advance(24 * 60 * minute);
  expect(taken).toEqual([
    ['a/one', 1, '/1', '/2'],
    ['b/one', 1],
  ]);
  expect(clock.timers, 'nothing is kept for ever').toBe(0);
});

it('one that strays again and again is taken up less and less often, at last once an hour', async () => {
  const { clock, taken, fate, strays, stray } = bench();
  fate.isHopeless = true;
  strays.note(stray('a', 'one', '/1'));
  await clock.advance(5 * 60 * minute);
  expect(taken.map(([, at]) => at)).toEqual([1, 3, 7, 15, 31, 63, 123, 183, 243]);
  expect(new Set(taken.map(([, , ...paths]) => paths.join()))).toEqual(new Set(['/1']));
  fate.isHopeless = false;
  await clock.advance(300 * minute);
  expect(taken.at(-1)?.[1]).toBe(303);
  strays.note(stray('a', 'one'));
  await clock.advance(minute);
  expect(taken.at(-1)?.[1], 'that is long ago').toBe(601);
});

it('also one that only strays again after minutes', async () => {
  const { clock, taken, fate, strays, stray } = bench();
  fate.pauseMs = 5 * minute;
  fate.isHopeless = true;
  strays.note(stray('a', 'one'));
  await clock.advance(5 * 60 * minute);
  expect(taken.map(([, at]) => at)).toEqual([1, 8, 17, 30, 51, 88, 153, 218, 283]);
});

it('each has pauses of its own, whatever becomes of others meanwhile', async () => {
  const { clock, taken, fate, strays, stray } = bench();
  fate.pauseMs = 5 * minute;
  fate.isHopeless = true;
  strays.note(stray('a', 'one'));
  strays.note(stray('a', 'two'));
  await clock.advance(60 * minute);
  for (const name of ['a/one', 'a/two'])
    expect(taken.filter(([key]) => key === name).map(([, at]) => at)).toEqual([1, 8, 17, 30, 51]);
});

it('those that have been taken up leave room for others', async () => {
  const { clock, taken, log, strays, stray } = bench();
  for (let i = 0; i < 10_001; i += 1) strays.note(stray('a', `g${i}`));
  expect(log.lines).toHaveLength(1);
  await clock.advance(minute);
  expect(taken).toHaveLength(10_000);
  for (let i = 0; i < 10_001; i += 1) strays.note(stray('b', `g${i}`));
  expect(log.lines, 'it is said anew').toHaveLength(2);
  await clock.advance(minute);
  expect(taken).toHaveLength(20_000);
  await clock.advance(60 * minute);
  expect(clock.timers).toBe(0);
});

it('none is taken up once the service stops', async () => {
  const { clock, taken, strays, stray } = bench();
  strays.note(stray('a', 'one'));
  strays.close();
  strays.note(stray('a', 'two'));
  await clock.advance(60 * minute);
  expect(taken).toEqual([]);
});

it('those that could not be recorded are counted by watch, with one of them, until they are taken up', async () => {
  const { clock, strays, stray } = bench();
  strays.note(stray('a', 'moved'));
  expect(strays.of('a')).toBe(null);
  strays.note({ ...stray('a', 'one'), reason: 'the disk is full' });
  strays.note({ ...stray('a', 'two'), reason: 'x'.repeat(1000) });
  strays.note({ ...stray('b', 'one'), reason: 'refused' });
  expect(strays.of('a')).toEqual({ groups: 2, groupKey: 'one', reason: 'the disk is full' });
  strays.note({ ...stray('a', 'moved'), reason: 'refused' });
  expect(strays.of('a')).toEqual({ groups: 3, groupKey: 'moved', reason: 'refused' });
  expect(strays.of('b')).toEqual({ groups: 1, groupKey: 'one', reason: 'refused' });
  await clock.advance(minute);
  expect([strays.of('a'), strays.of('b')]).toEqual([null, null]);
});
