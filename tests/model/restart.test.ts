import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { afterEach, expect, test, vi } from 'vitest';
import { groupStates, isResting, type GroupState } from '../../machines/file-group/index.ts';
import { storedOf } from './outside.ts';
import { walksIntoStates } from './passages.ts';
import { Play } from './play.ts';
import { World } from './world.ts';

// Goal: wherever a service ends, the next one goes on from there, and effects that run again do no harm.
// Method: a group is brought into each state by the shortest walk through the chart. There the effect of a state has done
// its work, and the service ends before it has answered. Another one is started on the same disk and database.

const ways = walksIntoStates();
const names = (isWanted: (state: GroupState) => boolean) =>
  groupStates.filter((state) => isWanted(state) && ways.some(({ name }) => name === state));
// What failed its checks is looked at again at each start.
const resting = names((state) => isResting(state) && state !== 'integrityFailed');
const busy = names((state) => !isResting(state));

afterEach(() => {
  vi.restoreAllMocks();
});

/** Contents in the archive of a watch. */
function contentsOf(world: World, watch: string): readonly string[] {
  const directory = world.project.path(`archive/${watch}`);
  return existsSync(directory)
    ? readdirSync(directory).map((name) => readFileSync(`${directory}/${name}`, 'utf8'))
    : [];
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** What the database has as the content of the latest copy. */
function hashOf(world: World, watch: string): unknown {
  const [row] = world.rows("select sha256 from file_components where watch_name = ? and filename = 'a.dat'", watch);
  return row?.['sha256'];
}

test('a service goes on from each state in which another has ended', { timeout: 120_000 }, async () => {
  const world = await World.create(ways);
  const plays = ways.map((walk) => new Play(world, walk));
  const all = (names: readonly string[], run: (name: string) => Promise<unknown>) =>
    world.walk(names.map((name) => async () => void (await run(name))));
  const isArchived = (name: string) => storedOf(world, name)?.value === 'archived';
  try {
    await world.start();
    // Where time must pass for one, it would pass for those that others have brought into states with a deadline.
    for (const isTimed of [true, false])
      await world.walk(plays.filter((play) => play.isTimed === isTimed).map((play) => () => play.park()));
    const before = resting.map((name) => storedOf(world, name));
    await world.stop();
    for (const { name } of ways) world.gates.open(name);

    await world.start();
    await all(busy, (name) => world.moments(`${name} is archived`, () => isArchived(name)));
    expect(resting.map((name) => storedOf(world, name))).toEqual(before);
    for (const { name } of ways) {
      const contents = contentsOf(world, name);
      expect(contents, `${name}: every content is in the archive once`).toEqual([...new Set(contents)]);
    }

    const latest = new Map(plays.map((play) => [play.name, sha256(play.deliverAgain())]));
    await all([...latest.keys()], (name) =>
      world.moments(`${name} is archived anew`, () => isArchived(name) && hashOf(world, name) === latest.get(name)),
    );
    expect(world.log.lines.filter((line) => line.startsWith('CRITICAL'))).toEqual([]);
  } finally {
    await world.stop();
  }
});
