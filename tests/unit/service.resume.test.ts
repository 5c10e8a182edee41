import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { fileGroupVersion, storedState, type GroupState } from '../../machines/file-group/index.ts';
import { stableKey } from '../../src/core/index.ts';
import type { Deliveries } from '../../src/service/delivery/deliveries.ts';
import type { Delivery } from '../../src/service/group/inbox.ts';
import type { GroupRegistry } from '../../src/service/group/registry.ts';
import { Resumption } from '../../src/service/resume.ts';
import type { Surroundings } from '../../src/service/types.ts';
import type { StoredGroup } from '../../src/store/index.ts';
import { GroupDriver } from '../machines/group-driver.ts';
import { lacking } from '../machines/group-words.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { collectLog } from '../support/project.ts';
import { watchOf } from '../support/watch.ts';

/** A group of one file that other rules have sent there; a plugin says that it belongs to another one. */
async function bench(recorded: GroupState) {
  const group = GroupDriver.start();
  await group.assessed('waiting', { ...lacking('warn'), groupedByPlugin: true });
  const { context } = group;
  const stored: StoredGroup = {
    id: 1,
    watchName: 'w',
    groupKey: context.groupKey,
    keyHash: stableKey('w', context.groupKey),
    state: storedState(recorded),
    lockVersion: 7,
    stateSince: 0,
    dueAt: null,
    envelope: { machine: 'file-group', version: fileGroupVersion, snapshot: group.persisted(), savedAt: 0 },
  };
  const delivered: Delivery[] = [];
  const registry = {
    deliver: (deliveries: readonly Delivery[]) => void delivered.push(...deliveries),
    whenRoom: () => Promise.resolve(),
    whenAtRest: () => Promise.resolve(),
  };
  const [component] = Object.values(context.components);
  const watch = watchOf(component?.path.slice(0, component.path.lastIndexOf('/')) ?? '');
  const around = {
    groups: {
      groupsByKey: () => Promise.resolve(new Map([[stored.keyHash, stored]])),
      groupsInStates: () => Promise.resolve([]),
      watchRoot: () => Promise.resolve(null),
    },
    roots: { lookAnew: () => Promise.resolve({ device: 1, inode: 1 }) },
    rules: { version: 'new', of: () => ({ completeness: { groupBy: 'plugin' } }) },
    ownership: { watchOf: () => watch },
    project: { config: { watches: [] } },
    clock: new FakeClock(),
    log: collectLog(),
  };
  const deliveries = {
    intake: { keyed: { take: () => true }, release: () => undefined },
    keys: { of: () => Promise.resolve('another'), isElsewhere: () => false },
    settler: { touch: () => undefined },
  };
  // Only what a resumption uses of them.
  const resumption = new Resumption(
    around as unknown as Surroundings,
    registry as unknown as GroupRegistry,
    deliveries as unknown as Deliveries,
  );
  const lastStep = { from: null, to: 'waiting', at: 0, heldMs: null, before: null, after: context } as const;
  resumption.note({ key: 'w\0a', state: 'waiting', context, lastStep });
  await resumption.whenRegrouped();
  return { delivered, resumption };
}

test('a group that has changed since it was judged is not told what was found, and is judged anew', async () => {
  const { delivered, resumption } = await bench('waiting');
  const [first] = delivered;
  expect(first).toMatchObject({
    event: { type: 'files.removed', rulesVersion: 'new' },
    decidedBy: { lockVersion: 7 },
  });
  first?.decidedBy?.onStale();
  await resumption.whenRegrouped();
  expect(delivered.map(({ event }) => event.type)).toEqual(['files.removed', 'files.removed']);
});

test('a group that is at something again counts as judged only once it rests', async () => {
  const { delivered } = await bench('assessing');
  await turn();
  expect(delivered).toEqual([]);
});
