import { expect, it } from 'vitest';
import { initialContext } from '../../machines/file-group/index.ts';
import { Background, stableKey, Waiters } from '../../src/core/index.ts';
import type { GroupKeys } from '../../src/service/group/keys.ts';
import { Intake } from '../../src/service/delivery/intake.ts';
import { Ownership } from '../../src/service/delivery/ownership.ts';
import type { Delivery } from '../../src/service/group/inbox.ts';
import type { GroupRegistry } from '../../src/service/group/registry.ts';
import type { Surroundings } from '../../src/service/types.ts';
import type { KnownFile } from '../../src/store/index.ts';
import { inputOf } from '../machines/group-words.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { collectLog, until } from '../support/project.ts';
import { watchOf } from '../support/watch.ts';

const part = watchOf('/in/part', { name: 'part' });
const whole = watchOf('/in', { name: 'whole', recursive: true });
const path = '/in/part/a';
const identity = { sizeBytes: 1, mtimeMs: 2, ctimeMs: 3, inode: 4 };

function known(watchName: string, changes: Partial<KnownFile> = {}): KnownFile {
  const rest = { groupKey: 'k', detectedAt: 0, status: 'archived', hasReason: false, inDelivery: true } as const;
  return { id: 1, pathHash: stableKey(path), sourcePath: path, watchName, ...identity, ...rest, ...changes };
}

/** An intake, with what it tells; `file` is what the database knows of the one file, also after its group was told. */
function bench(
  file: KnownFile | null,
  atRest: Promise<void> = Promise.resolve(),
  lookUp = () => Promise.resolve(),
  onKey: () => void = () => undefined,
) {
  const told: string[] = [];
  const full = new Set<string>();
  const left = new Waiters();
  const registry = {
    whenLeft: () => left.wait(),
    deliver: (deliveries: readonly Delivery[]) =>
      deliveries.forEach(({ watch, groupKey, event }) => told.push(`${event.type} ${watch.name}/${groupKey}`)),
    hasRoom: (name: string) => !full.has(name),
    whenRoom: () => Promise.resolve(),
    whenAtRest: () => atRest,
    strayed: (watch: { name: string }) => void told.push(`strayed ${watch.name}`),
  };
  const around = {
    ownership: new Ownership({ watches: [part, whole], archives: [] }),
    groups: {
      knownFiles: () => lookUp().then(() => new Map(file === null ? [] : [[file.pathHash, file]])),
      groupsByKey: () => Promise.resolve(new Map()),
    },
    rules: { version: 'new', of: () => ({ integrity: [] }) },
    clock: new FakeClock(),
    log: collectLog(),
    background: new Background(),
  };
  // Only what an intake uses of them.
  const keyOf = () => {
    onKey();
    return Promise.resolve(around.rules.version);
  };
  const keys = { of: keyOf } as unknown as GroupKeys;
  const intake = new Intake(around as unknown as Surroundings, keys, registry as unknown as GroupRegistry, {
    onFile: () => undefined,
    unsettle: (watch) => void told.push(`unsettle ${watch.name}`),
  });
  return { intake, told, full, left, rules: around.rules };
}

it('a file that has settled for a watch that it is not for settles for its own', async () => {
  const { intake, told } = bench(null);
  intake.settled([{ watch: whole, path, identity }]);
  await intake.whenIdle();
  expect(told).toEqual(['unsettle part']);
});

it('a file that another watch has noticed to be gone is looked for by its own', async () => {
  const { intake, told } = bench(known('part'));
  intake.gone([{ watch: whole, path }]);
  await intake.whenIdle();
  expect(told).toEqual(['unsettle part']);
});

it('a file that is gone is gone for the group of the watch that has it no longer', async () => {
  const { intake, told } = bench(known('whole'));
  intake.gone([{ watch: part, path }]);
  await intake.whenIdle();
  expect(told).toEqual(['files.removed whole/k']);
});

it('a file that its former group does not let go of is taken up later, not again and again', async () => {
  const { intake, told } = bench(known('whole', { status: 'waiting' }));
  intake.settled([{ watch: part, path, identity }]);
  expect(intake.depth).toBe(1);
  await intake.whenIdle();
  expect(told).toEqual(['files.removed whole/k', 'strayed part']);
  expect(intake.depth).toBe(0);
});

it('a file that goes while its former group lets go of it goes to nobody', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { intake, told } = bench(known('whole', { status: 'waiting' }), promise);
  intake.settled([{ watch: part, path, identity }]);
  intake.gone([{ watch: part, path }]);
  await until('it is noticed that it has gone', () => told.length === 2);
  resolve();
  await intake.whenIdle();
  expect(told).toEqual(['files.removed whole/k', 'files.removed whole/k']);
});

it('a file counts as arriving until its group has been told of it', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  let isInHand = false;
  const { intake, told } = bench(null, undefined, () => {
    isInHand = true;
    return promise;
  });
  intake.settled([{ watch: part, path, identity }]);
  await until('it is in hand, and no longer in the queue', () => isInHand);
  expect(intake.depth).toBe(1);
  resolve();
  await intake.whenIdle();
  expect(told).toEqual(['files.settled part/new']);
  expect(intake.depth).toBe(0);
});

it('a group that does not let go of a file holds up nobody who reads on', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { intake, told } = bench(known('whole', { status: 'waiting' }), promise);
  intake.settled([{ watch: part, path, identity }]);
  await intake.whenRoom(part);
  expect([told, intake.depth]).toEqual([['files.removed whole/k'], 1]);
  resolve();
  await intake.whenIdle();
  expect(told).toEqual(['files.removed whole/k', 'strayed part']);
});

it('files of a watch whose groups have no room wait, and those of others go past them', async () => {
  const { intake, told, full, left } = bench(null);
  full.add('part');
  intake.settled([{ watch: part, path, identity }]);
  intake.settled([{ watch: whole, path: '/in/b', identity }]);
  await intake.whenRoom(whole);
  await until('the other one has been told', () => told.length === 1);
  expect([told, intake.depthOf('part'), intake.depthOf('whole')]).toEqual([['files.settled whole/new'], 1, 0]);
  full.clear();
  left.wake();
  await intake.whenIdle();
  expect(told).toEqual(['files.settled whole/new', 'files.settled part/new']);
});

it('a file that was let go of and is gone before it has settled is nobody’s, and comes back to the group that had it', async () => {
  const { intake, told } = bench(known('part', { inDelivery: false }));
  intake.release(path);
  intake.gone([{ watch: part, path }]);
  await intake.whenIdle();
  intake.settled([{ watch: part, path, identity }]);
  await intake.whenIdle();
  expect(told).toEqual(['files.settled part/k']);
});

/** A file has gone to a new group, which has not been recorded when the rules are exchanged. */
async function sentOn(file: ReturnType<typeof known> | null) {
  const parts = bench(file);
  if (file?.status === 'archived') parts.intake.release(path);
  parts.intake.settled([{ watch: part, path, identity }]);
  await parts.intake.whenIdle();
  parts.rules.version = 'newer';
  return parts;
}

it.each([null, known('part', { status: 'cleared', inDelivery: false }), known('part', { inDelivery: false })])(
  'a file that is seen again before it is on record is its group’s that has it, whatever rules are in force by then',
  async (file) => {
    const { intake, told } = await sentOn(file);
    intake.settled([{ watch: part, path, identity: { ...identity, inode: 5 } }]);
    await intake.whenIdle();
    expect(told).toEqual(['files.settled part/new', 'files.settled part/new']);
  },
);

it.each([
  null,
  known('part', { status: 'cleared', inDelivery: false }),
  known('part', { inDelivery: false }),
  known('whole', { inDelivery: false, groupKey: 'new' }),
])(
  'a file that goes before it is on record is gone for its group that has it, whatever rules are in force by then',
  async (file) => {
    const { intake, told } = await sentOn(file);
    intake.gone([{ watch: part, path }]);
    await intake.whenIdle();
    expect(told).toEqual(['files.settled part/new', 'files.removed part/new']);
  },
);

it('a file that changes before its group has let go of it comes to that group, which is then in doubt', async () => {
  const { intake, told } = bench(known('part', { status: 'waiting' }));
  intake.release(path);
  intake.settled([{ watch: part, path, identity: { ...identity, inode: 5 } }]);
  await intake.whenIdle();
  expect(told).toEqual(['files.settled part/k']);
  const context = initialContext({ ...inputOf({}), watchName: 'part', groupKey: 'k' });
  expect(intake.keyed.take('part\0k', context, 'new')).toBe(true);
});

it('a file that changes just before its group begins to let go of it comes to that group, which is then in doubt', async () => {
  const { intake } = bench(known('part', { status: 'waiting' }), undefined, undefined, () => intake.release(path));
  const changed = { watch: part, path, identity: { ...identity, inode: 5 } };
  intake.settled([changed, { ...changed, path: `${path}.new` }]);
  await intake.whenIdle();
  const context = initialContext({ ...inputOf({}), watchName: 'part', groupKey: 'k' });
  expect(intake.keyed.take('part\0k', context, 'new')).toBe(true);
});

it('a file that is back as it was, before it is on record that it was gone, is news to its group', async () => {
  const { intake, told } = bench(known('part', { status: 'waiting' }));
  intake.gone([{ watch: part, path }]);
  await intake.whenIdle();
  intake.settled([{ watch: part, path, identity }]);
  await intake.whenIdle();
  intake.settled([{ watch: part, path, identity }]);
  await intake.whenIdle();
  expect(told, 'once').toEqual(['files.removed part/k', 'files.settled part/k']);
});

it('a file that its group takes for gone is news, in whatever way it is found again', async () => {
  const file = known('part', { status: 'waiting' });
  const { intake, told } = bench(file);
  expect(intake.newsOf(part, path, identity, file)).toBe('none');
  intake.doubt(path);
  expect(intake.newsOf(part, path, identity, file)).toBe('own');
  intake.settled([{ watch: part, path, identity }]);
  await intake.whenIdle();
  expect(told).toEqual(['files.settled part/k']);
  expect(intake.newsOf(part, path, identity, file)).toBe('none');
});

it.each([
  ['it is on record that it is back', known('part', { inDelivery: false })],
  ['it is on record that it was gone', known('part', { status: 'waiting' })],
])('a file that goes again before %s is gone for its group', async (_, file) => {
  const record = { ...file };
  const { intake, told } = bench(record);
  intake.gone([{ watch: part, path }]);
  await intake.whenIdle();
  intake.settled([{ watch: part, path, identity }]);
  await intake.whenIdle();
  record.inDelivery = false;
  told.length = 0;
  intake.gone([{ watch: part, path }]);
  await intake.whenIdle();
  intake.gone([{ watch: part, path }]);
  await intake.whenIdle();
  expect(told, 'once').toEqual(['files.removed part/k']);
});
