import { expect, test } from 'vitest';
import type { Component, GroupSubject } from '../../machines/file-group/index.ts';
import type { Config } from '../../src/config/types.ts';
import { provideEffects } from '../../src/service/group/effects.ts';
import { Ownership } from '../../src/service/delivery/ownership.ts';
import { SilentArchives } from '../../src/service/silent-archives.ts';
import type { Surroundings } from '../../src/service/types.ts';
import { archiveDefaults } from '../support/archive-defaults.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { collectLog } from '../support/log.ts';
import { watchOf } from '../support/watch.ts';
import { copyOf, destination, file } from '../machines/group-words.ts';

const clock = new FakeClock();
const watch = watchOf('/in');
const root = { device: 1, inode: 1 };
const component: Component = {
  ...file('a.dat'),
  detectedAt: 0,
  verdict: 'passed',
  reason: null,
  inDelivery: true,
  inArchive: false,
  archived: null,
  isCurrent: false,
};
const copied: Component = { ...component, inArchive: true, archived: { ...copyOf('a.dat'), at: clock.now() } };

function subjectOf(one: Component, groupKey = 'a.dat'): GroupSubject {
  return { watchName: watch.name, groupKey, revision: 1, components: [one] };
}

/** Effects to which each file is gone, with the paths that are to be noticed anew. */
function bench(rootNow = root) {
  const unsettled: string[] = [];
  const lookedFor: boolean[] = [];
  const archive = { ...archiveDefaults, name: 'main', basePath: '/archive', destination: 'x', action: 'move' } as const;
  const config = { watches: [watch], archives: [archive], service: {} } as unknown as Config;
  const around = {
    project: { config },
    rules: { version: '1', of: () => ({ integrity: [], completeness: null, extract: null }) },
    ownership: new Ownership(config),
    groups: {
      watchRoot: () => Promise.resolve({ watchName: watch.name, path: watch.path, ...root }),
      someArchived: () => Promise.resolve([]),
    },
    roots: { lookAnew: () => Promise.resolve(rootNow) },
    files: {
      inspect: () => Promise.resolve([{ verdict: 'gone' }]),
      transfer: () => Promise.resolve([{ outcome: 'gone' }]),
      remove: ({ files }: { readonly files: readonly { readonly copy: unknown }[] }) => {
        lookedFor.push(...files.map(({ copy }) => copy !== null));
        return Promise.resolve([{ outcome: 'gone' }]);
      },
    },
    silentArchives: new SilentArchives(clock, collectLog()),
    clock,
  };
  // Only what these effects use of them.
  const effects = provideEffects(around as unknown as Surroundings, {
    whenRecorded: () => Promise.resolve(),
    openDirectories: { use: (_, transfer) => transfer(), leave: () => undefined },
    unsettle: (_, path) => void unsettled.push(path),
  });
  const signal = new AbortController().signal;
  return {
    unsettled,
    lookedFor,
    assess: (one = component, groupKey = 'a.dat') => effects.assessComponents(subjectOf(one, groupKey), signal),
    transfer: () => effects.transferComponents({ ...subjectOf(component), destination, kept: [] }, signal),
    remove: (one = copied) => effects.removeSources(subjectOf(one), signal),
  };
}

test.each(['assess', 'transfer', 'remove'] as const)(
  '%s: a file that is gone is looked at anew, since it may be back before that is on record',
  async (effect) => {
    const effects = bench();
    await effects[effect]();
    expect(effects.unsettled).toEqual([component.path]);
  },
);

test.each([
  ['its own', component, 'a.dat', 'none'],
  ['another group’s', component, 'by.former.rules', 'some'],
  ['another group’s, and archived as it was before', copied, 'by.former.rules', 'some'],
  ['another group’s, and archived', { ...copied, isCurrent: true }, 'by.former.rules', 'archived'],
  ['another group’s, and lost', { ...copied, isCurrent: true, inArchive: false }, 'by.former.rules', 'none'],
])('assess: a file that is %s', async (_, one, groupKey, others) => {
  expect(await bench().assess(one, groupKey)).toMatchObject({ others });
});

test.each(['assess', 'transfer'] as const)('%s: of a disk that is away nothing is', async (effect) => {
  const effects = bench({ device: 2, inode: 2 });
  await effects[effect]();
  expect(effects.unsettled).toEqual([]);
});

test.each([
  ['a moment ago', 1000, false],
  ['a minute ago', 60_000, true],
  ['by a clock that was ahead', -86_400_000, true],
])('remove: a copy that was made %s', async (_, agoMs, isLookedFor) => {
  const effects = bench();
  await effects.remove({ ...copied, archived: { ...copyOf('a.dat'), at: clock.now() - agoMs } });
  expect(effects.lookedFor, 'is looked for before its source goes').toEqual([isLookedFor]);
});
