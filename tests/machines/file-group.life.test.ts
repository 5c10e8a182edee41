import { expect, test } from 'vitest';
import { componentStatus, type GroupState } from '../../machines/file-group/index.ts';
import { GroupDriver } from './group-driver.ts';
import { copyOf, destination, failure, file, pathOf, say } from './group-words.ts';

/** The statuses of the components, by name, as they would be stored. */
function statuses(group: GroupDriver): Record<string, string> {
  return Object.fromEntries(
    Object.values(group.context.components).map((component) => [
      component.name,
      componentStatus(group.state, component),
    ]),
  );
}

test('a settled file is assessed, decided upon, transferred and archived, in this order', async () => {
  const group = GroupDriver.start();
  const walked: GroupState[] = [group.state];
  group.actor.subscribe(({ value }) => walked.push(value));
  await group.toArchive();
  expect(walked).toEqual(['assessing', 'deciding', 'transferring', 'archived']);
  expect(group.context).toMatchObject({ completedAt: 5000, revision: 1, attempt: 0, dueAt: null, rulesVersion: 'r1' });
  expect(group.component('a.dat')).toMatchObject({ archived: copyOf('a.dat'), inArchive: true, inDelivery: true });
});

test('the extractor runs for a complete group whose rules name one, and the rules see what it found', async () => {
  const group = GroupDriver.start();
  await group.assessed('extracting', { extracts: true });
  await group.extracted('deciding', { orbit: 7, tags: ['x'] });
  expect(group.decide.last.input.metadata).toEqual({ orbit: 7, tags: ['x'] });
  await group.decided('transferring');
  await group.transferred('archived');
  expect(group.context.metadata).toEqual({ orbit: 7, tags: ['x'] });
});

test('without an extractor the rules see empty metadata', async () => {
  const group = GroupDriver.start();
  await group.assessed('deciding');
  expect(group.extract.runs).toHaveLength(0);
  expect(group.decide.last.input.metadata).toEqual({});
});

test('an effect is told the group, its revision and its components', () => {
  const group = GroupDriver.start({ names: ['a.dat', 'a.xml'] });
  expect(group.assess.last.input).toMatchObject({ watchName: 'w', groupKey: 'a', revision: 1 });
  expect(group.assess.last.input.components.map(({ name }) => name)).toEqual(['a.dat', 'a.xml']);
});

test('the transfer goes where the rules send it', async () => {
  const group = GroupDriver.start();
  await group.toTransfer();
  expect(group.transfer.last.input.destination).toEqual(destination);
});

test('a rejected group rests as not selected, with the reason, and archives nothing', async () => {
  const group = GroupDriver.start();
  await group.assessed('deciding');
  await group.decided('notSelected', { at: 4000, outcome: 'rejected', reason: 'orbit too old' });
  expect(group.context).toMatchObject({ reason: 'orbit too old', completedAt: null });
  expect(group.transfer.runs).toHaveLength(0);
  expect(statuses(group)).toEqual({ 'a.dat': 'not_selected' });
});

test('other rules make a rejected group be judged again', async () => {
  const group = GroupDriver.start();
  await group.assessed('deciding');
  await group.decided('notSelected', { at: 4000, outcome: 'rejected', reason: 'orbit too old' });
  expect(group.send(say.rulesChanged())).toBe('assessing');
  await group.toArchive();
  expect(group.context).toMatchObject({ completedAt: 5000, revision: 1 });
});

test('a group that nothing routes fails with the reason, and is not tried again', async () => {
  const group = GroupDriver.start();
  await group.assessed('deciding');
  const refusal = failure({ code: 'NO_ARCHIVE', message: 'no archive for group a', retryable: true });
  await group.decided('failed', { at: 4000, outcome: 'unroutable', failure: refusal });
  expect(group.context).toMatchObject({ reason: 'no archive for group a', attempt: 0, dueAt: null });
  expect(statuses(group)).toEqual({ 'a.dat': 'failed' });
});

test('a file that has left before it was archived clears its group', async () => {
  const group = GroupDriver.start();
  await group.assessed('cleared', { verdicts: { 'a.dat': 'gone' } });
  expect(statuses(group)).toEqual({ 'a.dat': 'cleared' });
});

test('a group whose last file leaves while it waits is cleared', async () => {
  const group = GroupDriver.start();
  await group.assessed('waiting', { missing: ['.xml'] });
  expect(group.send(say.gone(['a.dat']))).toBe('assessing');
  expect(group.assess.last.input.components).toEqual([]);
  await group.assessed('cleared');
});

test('a cleared group starts afresh when files come again', async () => {
  const group = GroupDriver.start();
  await group.assessed('waiting', { missing: ['.xml'], timeoutMs: 500, onTimeout: 'warn' });
  group.send(say.timeoutDue());
  group.send(say.gone(['a.dat']));
  await group.assessed('cleared');
  expect(group.send(say.settled([file('a.dat', 2)], 20_000))).toBe('assessing');
  expect(group.context).toMatchObject({ firstSeenAt: 20_000, timedOut: false, timeoutAt: null });
  await group.assessed('waiting', { missing: ['.xml'], timeoutMs: 500, at: 20_100, onTimeout: 'warn' });
  expect(group.context.dueAt).toBe(20_500);
});

test.each(['assessing', 'extracting', 'deciding'] as const)(
  'a file that changes in %s starts the judgement again, and the former answer is not heard',
  async (state) => {
    const group = GroupDriver.start();
    if (state !== 'assessing') await group.assessed('extracting', { extracts: true });
    if (state === 'deciding') await group.extracted('deciding');
    const former = group[state === 'assessing' ? 'assess' : state === 'extracting' ? 'extract' : 'decide'].last;
    const asked = group.assess.runs.length;
    expect(group.send(say.settled([file('a.dat', 2)]))).toBe('assessing');
    expect(group.assess.runs).toHaveLength(asked + 1);
    expect(group.assess.last.input.components[0]?.identity).toEqual(file('a.dat', 2).identity);
    former.fail(failure({ retryable: false }));
    await group.toArchive();
    expect(group.component('a.dat').archived?.sha256).toBe('2'.repeat(64));
  },
);

test.each(['assessing', 'extracting', 'deciding'] as const)(
  'a file that leaves in %s starts the judgement again',
  async (state) => {
    const group = GroupDriver.start({ names: ['a.dat', 'a.xml'] });
    if (state !== 'assessing') await group.assessed('extracting', { extracts: true });
    if (state === 'deciding') await group.extracted('deciding');
    const asked = group.assess.runs.length;
    expect(group.send(say.gone(['a.xml']))).toBe('assessing');
    expect(group.assess.runs).toHaveLength(asked + 1);
    expect(group.assess.last.input.components.map(({ path }) => path)).toEqual([pathOf('a.dat')]);
  },
);

test('a source that changes under the transfer starts the group again; nothing of it counts as archived', async () => {
  const group = await GroupDriver.start().toTransfer();
  await group.transferred('assessing', { outcomes: { 'a.dat': 'changed' } });
  expect(group.component('a.dat')).toMatchObject({ archived: null, inArchive: false, verdict: 'pending' });
  expect(group.context.completedAt).toBeNull();
  await group.assessed('waiting', { verdicts: { 'a.dat': 'waiting' } });
  expect(group.send(say.settled([file('a.dat', 2)]))).toBe('assessing');
  await group.toArchive();
  expect(group.context.revision).toBe(1);
});

test('a source that vanishes under the transfer clears the group', async () => {
  const group = await GroupDriver.start().toTransfer();
  await group.transferred('assessing', { outcomes: { 'a.dat': 'gone' } });
  await group.assessed('cleared');
});

test('a file that arrives during the transfer is taken in when the transfer is over, not before', async () => {
  const group = await GroupDriver.start().toTransfer();
  expect(group.send(say.settled([file('a.log')]))).toBe('transferring');
  expect(group.context.components).not.toHaveProperty(pathOf('a.log'));
  await group.transferred('assessing');
  expect(group.component('a.log')).toMatchObject({ inDelivery: true, verdict: 'pending', archived: null });
  expect(group.context.deferred).toEqual({});
});

test('a file that changes during the transfer makes a new revision after it', async () => {
  const group = await GroupDriver.start().toTransfer();
  group.send(say.settled([file('a.dat', 2)]));
  await group.transferred('assessing');
  await group.toArchive();
  expect(group.context.revision).toBe(2);
  expect(group.component('a.dat').archived?.sha256).toBe('2'.repeat(64));
});

test('a file that leaves right after its transfer was archived all the same', async () => {
  const group = await GroupDriver.start().toTransfer();
  expect(group.send(say.gone(['a.dat']))).toBe('transferring');
  await group.transferred('assessing');
  await group.assessed('archived');
  expect(group.context.completedAt).toBe(5000);
  expect(group.component('a.dat')).toMatchObject({ inDelivery: false, inArchive: true });
  expect(statuses(group)).toEqual({ 'a.dat': 'archived' });
});

test('an archived file that leaves delivery stays archived', async () => {
  const group = await GroupDriver.start().toArchive();
  expect(group.send(say.gone(['a.dat']))).toBe('archived');
  expect(group.component('a.dat').inDelivery).toBe(false);
  expect(statuses(group)).toEqual({ 'a.dat': 'archived' });
});
