import { expect, test } from 'vitest';
import { componentStatus } from '../../machines/file-group/index.ts';
import { GroupDriver } from './group-driver.ts';
import { failure, file, orphanPath, pathOf, say, seenCopy } from './group-words.ts';

/** A group that begins with nothing, as one that is made of orphans does. */
async function emptyGroup(): Promise<GroupDriver> {
  const group = GroupDriver.start({ names: [] });
  await group.assessed('cleared');
  return group;
}

async function adoptedPair(): Promise<GroupDriver> {
  const group = await emptyGroup();
  group.send(say.adopted(['a.dat', 'a.xml']));
  await group.adopted('archived');
  return group;
}

function names(group: GroupDriver): readonly string[] {
  return Object.keys(group.context.components);
}

test('orphans that are all that is expected make a complete group, with the metadata that was read in the archive', async () => {
  const group = await adoptedPair();
  expect(group.adopt.last.input.components.map(({ path }) => path)).toEqual(['a.dat', 'a.xml'].map(orphanPath));
  expect(group.context).toMatchObject({
    completedAt: 4500,
    completedRevision: 1,
    metadata: { orbit: 7 },
    reason: null,
  });
  const statuses = Object.values(group.context.components).map((one) => componentStatus(group.state, one));
  expect(statuses).toEqual(['archived', 'archived']);
});

test('orphans that are not all that is expected are archived, and complete the group once the rest is found', async () => {
  const group = await emptyGroup();
  group.send(say.adopted(['a.dat']));
  await group.adopted('archived', { complete: false, missing: ['.xml'], metadata: null });
  expect(group.context).toMatchObject({ completedAt: null, reason: 'found in the archive, without .xml' });
  expect(group.send(say.adopted(['a.xml']))).toBe('adopting');
  await group.adopted('archived');
  expect(group.context).toMatchObject({ completedAt: 4500, reason: null });
});

test('an extraction that fails is tried again over the archived copies', async () => {
  const group = await emptyGroup();
  group.send(say.adopted(['a.dat']));
  await group.fails('retryPending', failure());
  expect(group.send(say.retryDue())).toBe('assessing');
  await group.assessed('adopting');
  await group.adopted('archived');
  expect(group.context.completedAt).toBe(4500);
});

test('a delivered file of the same name and content is the orphan: nothing is archived twice', async () => {
  const group = await adoptedPair();
  group.send(say.settled([file('a.dat')]));
  expect(group.assess.last.input.components).toMatchObject([{ archived: { path: orphanPath('a.dat') } }]);
  await group.assessed('archived', { unchanged: ['a.dat'] });
  expect(names(group)).toEqual([orphanPath('a.xml'), pathOf('a.dat')]);
  expect(group.component('a.dat')).toMatchObject({ inArchive: true, isCurrent: true, inDelivery: true });
  expect(group.context).toMatchObject({ revision: 1, completedAt: 4500 });
});

test('a delivered file of the same name with other content is a new revision', async () => {
  const group = await adoptedPair();
  group.send(say.settled([file('a.dat', 2)]));
  await group.assessed('deciding');
  expect(group.context.revision).toBe(2);
  await group.decided('transferring');
  await group.transferred('archived');
  expect(group.context.completedRevision).toBe(2);
});

test('orphans that turn out to be the copies of delivered files leave the group, and with the last one it is cleared', async () => {
  const group = await adoptedPair();
  expect(group.send(say.merged(['a.dat']))).toBe('archived');
  expect(names(group)).toEqual([orphanPath('a.xml')]);
  expect(group.send(say.merged(['a.xml']))).toBe('cleared');
  expect(group.context).toMatchObject({
    components: {},
    revision: 2,
    completedAt: null,
    reason: 'its files belong to another group',
  });
});

test.each(['missing', 'writtenOff'] as const)(
  'orphans leave a group that is %s, which keeps what it has lost',
  async (state) => {
    const group = await adoptedPair();
    const copies = [{ sourcePath: orphanPath('a.xml'), archivePath: orphanPath('a.xml'), sha256: null }];
    group.send({ type: 'archive.lost', copies, at: 9000 });
    if (state === 'writtenOff') group.send({ type: 'archive.writtenOff', copies, at: 9100 });
    const { reason } = group.context;
    expect(group.send(say.merged(['a.dat']))).toBe(state);
    expect(names(group)).toEqual([orphanPath('a.xml')]);
    expect(group.context.reason).toBe(reason);
  },
);

test('a delivered component is never merged away', async () => {
  const group = await GroupDriver.start().toArchive();
  const before = group.context;
  group.actor.send({ type: 'archive.merged', paths: [pathOf('a.dat')], at: 9700 });
  expect(group.context.components).toEqual(before.components);
});

test('a lost copy carries the reason, until it is found again', async () => {
  const group = await GroupDriver.start().toArchive();
  group.send({ type: 'archive.lost', copies: [seenCopy('a.dat')], reason: 'changed content', at: 9000 });
  expect(group.component('a.dat').reason).toBe('changed content');
  expect(group.context.reason).toBe('no longer in the archive: a.dat (changed content)');
  expect(group.send(say.found(['a.dat']))).toBe('archived');
  expect([group.component('a.dat').reason, group.context.reason]).toEqual([null, null]);
});
