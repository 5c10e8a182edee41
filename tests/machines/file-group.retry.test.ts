import { describe, expect, test } from 'vitest';
import { componentStatus } from '../../machines/file-group/index.ts';
import { GroupDriver } from './group-driver.ts';
import { failure, file, pathOf, say } from './group-words.ts';

describe.each(['assessing', 'extracting', 'deciding', 'transferring'] as const)('a failure in %s', (state) => {
  const start = async (): Promise<GroupDriver> => {
    const group = GroupDriver.start();
    if (state === 'assessing') return group;
    await group.assessed('extracting', { extracts: true });
    if (state === 'extracting') return group;
    await group.extracted('deciding');
    if (state === 'transferring') await group.decided('transferring');
    return group;
  };

  test('is tried again when the delay is over, from the assessment on', async () => {
    const group = await start();
    await group.fails('retryPending', failure({ at: 5000 }));
    expect(group.context).toMatchObject({ attempt: 1, dueAt: 5100, reason: 'disk full' });
    expect(componentStatus(group.state, group.component('a.dat'))).toBe('retry_pending');
    expect(group.send(say.retryDue(5100))).toBe('assessing');
    expect(group.context.dueAt).toBeNull();
    await group.toArchive();
    expect(group.context.attempt).toBe(0);
  });

  test('that cannot be helped by trying again fails the group at once', async () => {
    const group = await start();
    await group.fails('failed', failure({ retryable: false, message: 'no such archive' }));
    expect(group.context).toMatchObject({ attempt: 0, dueAt: null, reason: 'no such archive' });
  });
});

/** Fails every transfer until the group gives up; how many there were, and the delays between them. */
async function failUntilGivenUp(group: GroupDriver): Promise<{ tries: number; delays: number[] }> {
  const delays: number[] = [];
  for (let tries = 1; tries < 50; tries += 1) {
    await group.toTransfer();
    const at = 5000 + tries;
    group.transfer.last.fail(failure({ at }));
    await group.reaches(tries > group.context.policy.maxRetries ? 'failed' : 'retryPending');
    if (group.state === 'failed') return { tries, delays };
    delays.push((group.context.dueAt ?? NaN) - at);
    group.send(say.retryDue(group.context.dueAt ?? NaN));
  }
  throw new Error('it never gives up');
}

describe('counting tries', () => {
  test('max_retries = 3 means the first try and three more', async () => {
    const group = GroupDriver.start();
    expect(await failUntilGivenUp(group)).toEqual({ tries: 4, delays: [100, 100, 100] });
    expect(group.context).toMatchObject({ attempt: 3, dueAt: null });
    expect(group.transfer.runs).toHaveLength(4);
  });

  test('max_retries = 0 means the first try only', async () => {
    const group = GroupDriver.start({ policy: { maxRetries: 0 } });
    expect(await failUntilGivenUp(group)).toEqual({ tries: 1, delays: [] });
  });

  test('exponential back-off doubles the delay up to the longest', async () => {
    const group = GroupDriver.start({ policy: { maxRetries: 6, retryBackoff: 'exponential', retryMaxDelayMs: 1000 } });
    expect((await failUntilGivenUp(group)).delays).toEqual([100, 200, 400, 800, 1000, 1000]);
  });

  test('a delay stays a number after any count of tries', async () => {
    const group = GroupDriver.start({
      policy: { maxRetries: 2000, retryBackoff: 'exponential', retryMaxDelayMs: 1000 },
    });
    const stored = structuredClone(group.persisted());
    const worn = GroupDriver.restore({ ...Object(stored), context: { ...group.context, attempt: 1999 } });
    await worn.fails('retryPending', failure({ at: 5000 }));
    expect(worn.context).toMatchObject({ attempt: 2000, dueAt: 6000 });
  });

  test('failures of different effects count together', async () => {
    const group = GroupDriver.start({ policy: { maxRetries: 1 } });
    await group.assessed('extracting', { extracts: true });
    await group.fails('retryPending', failure());
    group.send(say.retryDue());
    await group.assessed('extracting', { extracts: true });
    await group.extracted('deciding');
    await group.decided('transferring');
    await group.fails('failed', failure());
  });

  test('a changed file starts the count again', async () => {
    const group = GroupDriver.start({ policy: { maxRetries: 1 } });
    await group.toTransfer();
    await group.fails('retryPending', failure());
    expect(group.send(say.settled([file('a.dat', 2)]))).toBe('assessing');
    expect(group.context.attempt).toBe(0);
    await group.toTransfer();
    await group.fails('retryPending', failure());
  });
});

describe('components of a transfer', () => {
  test('what succeeded is not done again', async () => {
    const group = await GroupDriver.start({ names: ['a.dat', 'a.xml'] }).toTransfer();
    await group.transferred('retryPending', { outcomes: { 'a.xml': failure() } });
    expect(group.context).toMatchObject({ attempt: 1, dueAt: 5100, reason: 'disk full', completedAt: null });
    expect(componentStatus(group.state, group.component('a.dat'))).toBe('archived');
    expect(componentStatus(group.state, group.component('a.xml'))).toBe('retry_pending');
    group.send(say.retryDue());
    await group.assessed('deciding', { unchanged: ['a.dat'] });
    await group.decided('transferring');
    expect(group.transfer.last.input.components.map(({ name }) => name)).toEqual(['a.xml']);
    expect(group.transfer.last.input.kept).toEqual([group.component('a.dat').archived?.path]);
    await group.transferred('archived', { at: 6000 });
    expect(group.context).toMatchObject({ completedAt: 6000, revision: 1, attempt: 0 });
  });

  test('what was put elsewhere, before the rules said otherwise, is archived with the others', async () => {
    const group = await GroupDriver.start({ names: ['a.dat', 'a.xml'] }).toTransfer();
    await group.transferred('failed', { outcomes: { 'a.xml': failure({ retryable: false }) } });
    group.send(say.retry());
    group.send(say.retryDue(1_000_000));
    await group.assessed('deciding', { unchanged: ['a.dat'] });
    const other = { archive: 'other', directory: '/other', routedBy: 'watch' };
    await group.decided('transferring', { at: 4000, outcome: 'selected', destination: other, reason: null });
    expect(group.transfer.last.input).toMatchObject({ destination: other, revision: 1 });
    expect(group.transfer.last.input.components.map(({ name }) => name)).toEqual(['a.dat', 'a.xml']);
    expect(group.component('a.dat').archived).toMatchObject({ path: '/archive/x/a.dat' });
  });

  test('one that cannot be helped fails the group, with its reason', async () => {
    const group = await GroupDriver.start({ names: ['a.dat', 'a.xml'] }).toTransfer();
    const conflict = failure({ code: 'CONFLICT', message: 'other content is there', retryable: false });
    await group.transferred('failed', { outcomes: { 'a.xml': conflict } });
    expect(group.context).toMatchObject({ reason: 'other content is there', dueAt: null, completedAt: null });
    expect(group.component('a.xml').reason).toBe('other content is there');
    expect(componentStatus(group.state, group.component('a.dat'))).toBe('archived');
    expect(componentStatus(group.state, group.component('a.xml'))).toBe('failed');
  });

  test('the fourth failing transfer of max_retries = 3 is the last', async () => {
    const group = GroupDriver.start();
    for (const _ of [1, 2, 3]) {
      await group.toTransfer();
      await group.transferred('retryPending', { outcomes: { 'a.dat': failure() } });
      group.send(say.retryDue());
    }
    await group.toTransfer();
    await group.transferred('failed', { outcomes: { 'a.dat': failure() } });
  });
});

describe('while a retry is pending', () => {
  const pending = async (): Promise<GroupDriver> => {
    const group = await GroupDriver.start({ names: ['a.dat', 'a.xml'] }).toTransfer();
    await group.fails('retryPending', failure());
    return group;
  };

  test('a file that leaves is let go', async () => {
    const group = await pending();
    expect(group.send(say.gone(['a.dat', 'a.xml']))).toBe('assessing');
    await group.assessed('cleared');
    expect(group.context.dueAt).toBeNull();
  });

  test('a person may ask not to wait for it', async () => {
    const group = await pending();
    expect(group.send(say.retry(5050))).toBe('retryPending');
    expect(group.context).toMatchObject({ dueAt: 5050, attempt: 0, reason: 'retry requested' });
  });

  test('a time-out and other rules are nothing to it', async () => {
    const group = await pending();
    expect(group.send(say.timeoutDue())).toBe('retryPending');
    expect(group.send(say.rulesChanged())).toBe('retryPending');
    expect(group.context.dueAt).toBe(5100);
  });
});

describe('a failed group', () => {
  const failed = async (): Promise<GroupDriver> => {
    const group = await GroupDriver.start().toTransfer();
    await group.fails('failed', failure({ retryable: false }));
    return group;
  };

  test('is tried again, with all its tries, when a person asks', async () => {
    const group = await failed();
    expect(group.send(say.retry(8000))).toBe('retryPending');
    expect(group.context).toMatchObject({ attempt: 0, dueAt: 8000 });
    expect(group.send(say.retryDue(8000))).toBe('assessing');
    expect(await failUntilGivenUp(group)).toMatchObject({ tries: 4 });
  });

  test('is tried again when its file changes', async () => {
    const group = await failed();
    expect(group.send(say.settled([file('a.dat', 2)]))).toBe('assessing');
    await group.toArchive();
  });

  test('keeps its state when its file leaves', async () => {
    const group = await failed();
    expect(group.send(say.gone(['a.dat']))).toBe('failed');
    expect(group.context.components[pathOf('a.dat')]?.inDelivery).toBe(false);
    expect(componentStatus(group.state, group.component('a.dat'))).toBe('failed');
  });

  test('is left alone by reconciliation and by other rules', async () => {
    const group = await failed();
    expect(group.send(say.lookAgain())).toBe('failed');
    expect(group.send(say.rulesChanged())).toBe('failed');
  });
});
