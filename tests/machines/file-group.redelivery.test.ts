import { describe, expect, test } from 'vitest';
import { componentStatus } from '../../machines/file-group/index.ts';
import { GroupDriver } from './group-driver.ts';
import { copyOf, failure, file, lacking, say } from './group-words.ts';

const both = ['a.dat', 'a.xml'];

describe('on_redelivery = "archive"', () => {
  test('other content under the same path is a new revision, and is archived too', async () => {
    const group = await GroupDriver.start().toArchive();
    expect(group.send(say.settled([file('a.dat', 2)], 9000))).toBe('assessing');
    await group.assessed('deciding', { at: 9100 });
    expect(group.context).toMatchObject({ revision: 2, completedAt: 5000, completedRevision: 1, firstSeenAt: 9100 });
    expect(componentStatus(group.state, group.component('a.dat'))).toBe('detected');
    await group.decided('transferring');
    expect(group.transfer.last.input).toMatchObject({ revision: 2 });
    await group.transferred('archived', { at: 9500 });
    expect(group.context).toMatchObject({ revision: 2, completedAt: 9500 });
    expect(group.component('a.dat').archived?.sha256).toBe('2'.repeat(64));
  });

  test('the same content is nothing new', async () => {
    const group = await GroupDriver.start().toArchive();
    const before = group.component('a.dat').archived;
    const { destination } = group.context;
    expect(destination).not.toBeNull();
    group.send(say.settled([file('a.dat', 2)], 9000));
    await group.assessed('archived', { unchanged: ['a.dat'], at: 9100 });
    expect(group.context).toMatchObject({ revision: 1, completedAt: 5000, destination });
    expect(group.component('a.dat').archived).toEqual({ ...before, source: file('a.dat', 2).identity });
    expect(group.transfer.runs).toHaveLength(1);
  });

  test('a revision is archived as a whole, so that none mixes old and new', async () => {
    const group = await GroupDriver.start({ names: both }).toArchive();
    group.send(say.settled([file('a.xml', 2)], 9000));
    await group.assessed('deciding', { unchanged: ['a.dat'], at: 9100 });
    await group.decided('transferring');
    expect(group.transfer.last.input.components.map(({ name }) => name)).toEqual(both);
  });

  test('each revision has all its tries', async () => {
    const group = await GroupDriver.start({ policy: { maxRetries: 1 } }).toTransfer();
    await group.fails('retryPending', failure());
    group.send(say.retryDue());
    await group.toArchive();
    group.send(say.settled([file('a.dat', 2)], 9000));
    await group.toTransfer();
    await group.fails('retryPending', failure());
    expect(group.context).toMatchObject({ revision: 2, attempt: 1 });
  });

  test('an incomplete new revision waits its own time', async () => {
    const group = await GroupDriver.start({ names: both }).toArchive();
    group.send(say.gone(['a.xml'], 8000));
    group.send(say.settled([file('a.dat', 2)], 9000));
    await group.assessed('waiting', { ...lacking('skip'), at: 9100 });
    expect(group.context).toMatchObject({ revision: 2, dueAt: 9600, timedOut: false });
  });

  test('a new revision whose files leave before it is archived is over, and completes nothing anew', async () => {
    const group = await GroupDriver.start().toArchive();
    group.send(say.settled([file('a.dat', 2)], 9000));
    await group.assessed('waiting', { ...lacking('skip'), at: 9100 });
    group.send(say.gone(['a.dat'], 9200));
    await group.assessed('archived', { at: 9300 });
    expect(group.context).toMatchObject({
      revision: 2,
      completedRevision: 2,
      completedAt: 5000,
      reason: 'revision 2 left delivery before it was archived',
    });
    group.send(say.settled([file('a.dat', 3)], 9400));
    await group.assessed('deciding', { at: 9500 });
    expect(group.context).toMatchObject({ revision: 3, completedAt: 5000 });
  });

  test('content that comes back during the judgement of a revision is judged again', async () => {
    const group = await GroupDriver.start().toArchive();
    group.send(say.settled([file('a.dat', 2)], 9000));
    expect(group.send(say.settled([file('a.dat', 3)], 9010))).toBe('assessing');
    await group.toArchive();
    expect(group.context.revision).toBe(2);
    expect(group.component('a.dat').archived?.sha256).toBe('3'.repeat(64));
  });

  test('an archived group ignores time-outs, retries and other rules', async () => {
    const group = await GroupDriver.start().toArchive();
    for (const event of [say.timeoutDue(), say.retryDue(), say.retry(), say.rulesChanged()]) {
      expect(group.send(event)).toBe('archived');
    }
    expect(group.assess.runs).toHaveLength(1);
  });
});

describe('on_redelivery = "ignore"', () => {
  const archived = () => GroupDriver.start({ policy: { onRedelivery: 'ignore' } }).toArchive();

  test('leaves the archived group as it is, and notes the file as known', async () => {
    const group = await archived();
    expect(group.send(say.settled([file('a.dat', 2)]))).toBe('archived');
    expect(group.assess.runs).toHaveLength(1);
    expect(group.component('a.dat')).toMatchObject({ identity: file('a.dat', 2).identity, inDelivery: true });
    expect(group.context).toMatchObject({ revision: 1, completedAt: 5000 });
    expect(group.context.reason).toContain('ignored');
  });

  test('still takes in a file that the group did not have', async () => {
    const group = await archived();
    expect(group.send(say.settled([file('a.xml')]))).toBe('assessing');
  });

  test('holds when the group is looked at again for another file: what is ignored is neither archived nor removed', async () => {
    const group = GroupDriver.start({ names: ['a.dat', 'a.log'], policy: { onRedelivery: 'ignore' } });
    const { policy } = group.context;
    const refused = { verdicts: { 'a.log': 'failed' }, complete: true, grouped: true } as const;
    await group.assessed('deciding', { ...refused, policy });
    await group.decided('transferring');
    await group.transferred('removingSources', { removesSources: true });
    await group.fails('archived', failure({ retryable: false }));
    group.send(say.settled([file('a.dat', 2)]));
    for (const _ of [1, 2]) {
      expect(group.send(say.lookAgain())).toBe('assessing');
      // What has passed is not read again, and counts as unchanged.
      const unchanged = group.component('a.dat').verdict === 'passed' ? ['a.dat'] : [];
      await group.assessed('removingSources', { ...refused, policy, unchanged });
      expect(group.remove.last.input.components).toEqual([]);
      await group.removed('archived', []);
    }
    expect(group.context.revision).toBe(1);
    expect(group.component('a.dat').archived).toEqual(copyOf('a.dat'));
    expect(componentStatus(group.state, group.component('a.dat'))).toBe('archived');
    group.send(say.lookAgain());
    await group.assessed('deciding', { ...refused, policy: { ...policy, onRedelivery: 'archive' } });
    expect(group.context.revision, 'unless it is wanted by now').toBe(2);
  });

  test('does not keep a failed group from a changed file', async () => {
    const group = await GroupDriver.start({ policy: { onRedelivery: 'ignore' } }).toTransfer();
    await group.fails('failed', failure({ retryable: false }));
    expect(group.send(say.settled([file('a.dat', 2)], 9000))).toBe('assessing');
    expect(group.context, 'it is the next revision').toMatchObject({ revision: 2, firstSeenAt: 9000 });
  });
});
