import { expect, it } from 'vitest';
import { Waiters } from '../../src/core/index.ts';
import { Heard } from '../../src/service/delivery/heard.ts';
import { collectLog } from '../support/log.ts';
import { watchOf } from '../support/watch.ts';

const one = watchOf('/in/one', { name: 'one' });
const other = watchOf('/in/other', { name: 'other' });

/** What hears of files, with what it tells; as many wait for their groups as the test says, at most three. */
function bench() {
  const told: string[] = [];
  const room = new Waiters();
  const intake = {
    depth: 0,
    own: 3,
    depthOf: () => intake.own,
    concerns: (_: unknown, path: string) => path !== 'other.md5',
    whenRoom: () => room.wait(),
  };
  const log = collectLog();
  const heard = new Heard({
    intake,
    settler: { touch: ({ name }, path) => void told.push(`${name} ${path}`) },
    log,
    onMissed: (name) => void told.push(`${name} must be read`),
    onRoom: (name) => void told.push(`${name} is read`),
    mostArriving: 3,
    mostOfEach: 2,
  });
  return { told, intake, log, heard, makeRoom: () => room.wake() };
}

it('what is heard of settles, if it concerns anybody', () => {
  const { told, heard } = bench();
  heard.note(one, ['a', 'other.md5', 'b']);
  expect(told).toEqual(['one a', 'one b']);
});

it('a watch of which more is heard than may wait is read once there is room', async () => {
  const { told, intake, log, heard, makeRoom } = bench();
  intake.depth = 3;
  for (let i = 0; i < 1000; i += 1) heard.note(one, [`a${i}`, 'other.md5']);
  heard.note(other, ['b']);
  expect(told).toEqual(['one must be read', 'other must be read']);
  expect(log.said('too many files wait in memory')).toBe(2);

  intake.depth = 0;
  makeRoom();
  await expect.poll(() => told.slice(2)).toEqual(['one is read', 'other is read']);
  heard.note(one, ['c']);
  intake.depth = 3;
  heard.note(one, ['d']);
  expect(told.slice(4), 'it may happen again').toEqual(['one c', 'one must be read']);
});

it('of a watch is heard in any case while few files of it wait, however many of others do', () => {
  const { told, intake, heard } = bench();
  Object.assign(intake, { depth: 3, own: 1 });
  heard.note(one, ['a']);
  intake.own = 2;
  heard.note(one, ['b']);
  expect(told).toEqual(['one a', 'one must be read']);
});

it('a watch of which nothing but what concerns nobody is heard need not be read', () => {
  const { told, intake, heard } = bench();
  intake.depth = 3;
  heard.note(one, ['other.md5']);
  expect(told).toEqual([]);
});
