import { expect, test } from 'vitest';
import { componentStatus } from '../../machines/file-group/index.ts';
import { GroupDriver } from './group-driver.ts';
import { failure, file, pathOf, say } from './group-words.ts';

/** A group of two whose copies are made and whose sources are being removed. */
async function removing(): Promise<GroupDriver> {
  const group = await GroupDriver.start({ names: ['a.dat', 'a.xml'] }).toTransfer();
  await group.transferred('removingSources', { removesSources: true });
  return group;
}

test('sources are removed after the copies, and the group is archived', async () => {
  const group = await removing();
  expect(group.context).toMatchObject({ completedAt: 5000, removesSources: true });
  expect(group.remove.last.input.components.map(({ path }) => path)).toEqual([pathOf('a.dat'), pathOf('a.xml')]);
  await group.removed('archived', ['a.dat', 'a.xml']);
  expect(group.context.removesSources).toBe(false);
  expect(group.component('a.dat')).toMatchObject({ inDelivery: false, inArchive: true });
});

test('while sources are removed the components count as archived', async () => {
  const group = await removing();
  expect(componentStatus(group.state, group.component('a.dat'))).toBe('archived');
});

test('a component that could not be archived keeps every source', async () => {
  const group = await GroupDriver.start({ names: ['a.dat', 'a.xml'] }).toTransfer();
  await group.transferred('retryPending', { removesSources: true, outcomes: { 'a.xml': failure() } });
  expect(group.remove.runs).toHaveLength(0);
});

test('an unsound component is not removed with the others', async () => {
  const group = GroupDriver.start({ names: ['a.dat', 'a.log'] });
  await group.assessed('deciding', { verdicts: { 'a.log': 'failed' }, complete: true, grouped: true });
  await group.decided('transferring');
  await group.transferred('removingSources', { removesSources: true });
  expect(group.remove.last.input.components.map(({ name }) => name)).toEqual(['a.dat']);
});

test('a removal that fails is tried again without archiving again', async () => {
  const group = await removing();
  await group.fails('retryPending', failure({ at: 6000 }));
  expect(group.context).toMatchObject({ attempt: 1, dueAt: 6100, completedAt: 5000 });
  group.send(say.retryDue(6100));
  await group.assessed('removingSources', { unchanged: ['a.dat', 'a.xml'] });
  await group.removed('archived', ['a.dat', 'a.xml']);
  expect(group.transfer.runs).toHaveLength(1);
  expect(group.context).toMatchObject({ revision: 1, completedAt: 5000 });
});

test('a removal that cannot succeed leaves the group archived, with the reason', async () => {
  const group = await removing();
  await group.fails('archived', failure({ retryable: false, message: 'read-only file system' }));
  expect(group.context).toMatchObject({ reason: 'read-only file system', dueAt: null, completedAt: 5000 });
  expect(componentStatus(group.state, group.component('a.dat'))).toBe('archived');
});

test('a removal that is given up is tried once more each time that the group is looked at again', async () => {
  const group = GroupDriver.start({ policy: { maxRetries: 0 } });
  await group.toTransfer();
  await group.transferred('removingSources', { removesSources: true });
  for (const _ of [1, 2]) {
    await group.fails('archived', failure({ message: 'EPERM' }));
    expect(group.context).toMatchObject({ reason: 'EPERM', removesSources: true });
    expect(group.component('a.dat'), 'what a reconciliation sees').toMatchObject({ reason: 'EPERM', inDelivery: true });
    expect(group.send(say.lookAgain())).toBe('assessing');
    await group.assessed('removingSources', { unchanged: ['a.dat'] });
  }
  await group.removed('archived', ['a.dat']);
  expect(group.context).toMatchObject({ reason: null, removesSources: false, revision: 1, completedAt: 5000 });
  expect(group.component('a.dat')).toMatchObject({ reason: null, inDelivery: false });
});

test('a removal has all its tries, whatever the transfer had used up', async () => {
  const group = await GroupDriver.start({ policy: { maxRetries: 1 } }).toTransfer();
  await group.fails('retryPending', failure());
  group.send(say.retryDue());
  await group.toTransfer();
  await group.transferred('removingSources', { removesSources: true });
  await group.fails('retryPending', failure());
  group.send(say.retryDue());
  await group.assessed('removingSources', { unchanged: ['a.dat'] });
  await group.fails('archived', failure());
});

test('a group of which a file vanished during the transfer is complete once its sources are removed', async () => {
  const group = await GroupDriver.start({ names: ['a.dat', 'a.xml'] }).toTransfer();
  await group.transferred('assessing', { removesSources: true, outcomes: { 'a.xml': 'gone' } });
  await group.assessed('removingSources', { unchanged: ['a.dat'] });
  expect(group.context).toMatchObject({ completedAt: expect.any(Number), completedRevision: 1 });
  await group.removed('archived', ['a.dat']);
});

test('a source that was kept because it had changed stays in delivery', async () => {
  const group = await removing();
  await group.removed('archived', ['a.xml']);
  expect(group.component('a.dat').inDelivery).toBe(true);
  expect(group.send(say.settled([file('a.dat', 2)]))).toBe('assessing');
});

test('a source that was kept, and turns out to be the same, is removed then', async () => {
  const group = await removing();
  await group.removed('archived', ['a.xml']);
  group.send(say.settled([file('a.dat', 2)]));
  await group.assessed('removingSources', { unchanged: ['a.dat'] });
  await group.removed('archived', ['a.dat']);
  expect(group.context).toMatchObject({ revision: 1, removesSources: false });
  expect(group.transfer.runs).toHaveLength(1);
});

test('old news of a source during its transfer does not leave it in delivery', async () => {
  const group = await GroupDriver.start({ names: ['a.dat', 'a.xml'] }).toTransfer();
  group.send(say.settled([file('a.dat', 0)]));
  await group.transferred('assessing', { removesSources: true });
  await group.assessed('removingSources', { verdicts: { 'a.dat': 'waiting' }, unchanged: ['a.xml'] });
  await group.removed('archived', ['a.xml']);
  group.send(say.settled([file('a.dat', 1)]));
  await group.assessed('removingSources', { unchanged: ['a.dat'] });
  await group.removed('archived', ['a.dat']);
  expect(group.context).toMatchObject({ revision: 1, removesSources: false });
});

test('a delivery during the removal is looked at after it, as a new revision', async () => {
  const group = await removing();
  expect(group.send(say.settled([file('a.dat', 2)]))).toBe('removingSources');
  await group.removed('assessing', ['a.xml']);
  expect(group.component('a.dat')).toMatchObject({ inDelivery: true, verdict: 'pending' });
  expect(group.component('a.xml').inDelivery).toBe(false);
  await group.assessed('deciding');
  expect(group.context.revision).toBe(2);
});

test('the news that a source is gone, because it was removed, changes nothing', async () => {
  const group = await removing();
  expect(group.send(say.gone(['a.dat', 'a.xml']))).toBe('removingSources');
  await group.removed('assessing', ['a.dat', 'a.xml']);
  await group.assessed('archived');
  expect(group.context).toMatchObject({ revision: 1, completedAt: 5000, deferred: {} });
});

test('a delivery during the transfer of a move is not removed unread', async () => {
  const group = await GroupDriver.start().toTransfer();
  group.send(say.settled([file('a.dat', 2)]));
  await group.transferred('assessing', { removesSources: true });
  expect(group.remove.runs).toHaveLength(0);
  await group.assessed('deciding');
  await group.decided('transferring');
  await group.transferred('removingSources', { removesSources: true });
  expect(group.remove.last.input.components[0]).toMatchObject({ identity: file('a.dat', 2).identity });
});

test('the same content delivered again while a source is left is archived already, so its source is removed', async () => {
  const group = await removing();
  await group.fails('archived', failure({ retryable: false }));
  group.send(say.settled([file('a.dat', 2)]));
  await group.assessed('removingSources', { unchanged: ['a.dat', 'a.xml'] });
  await group.removed('archived', ['a.dat', 'a.xml']);
  expect(group.transfer.runs).toHaveLength(1);
});
