import { describe, expect, test } from 'vitest';
import { componentStatus } from '../../machines/file-group/index.ts';
import { GroupDriver } from './group-driver.ts';
import { failure, file, lacking, say } from './group-words.ts';

/** Situations in which two things happen at once. */

describe('a change during a transfer', () => {
  test('is assessed when the transfer fails for good', async () => {
    const group = await GroupDriver.start().toTransfer();
    group.send(say.settled([file('a.dat', 2)]));
    await group.transferred('assessing', { outcomes: { 'a.dat': failure({ retryable: false }) } });
    expect(group.context).toMatchObject({ deferred: {}, attempt: 0 });
    expect(group.component('a.dat').identity).toEqual(file('a.dat', 2).identity);
  });

  test('is assessed at once when the transfer would be tried again later', async () => {
    const group = await GroupDriver.start().toTransfer();
    group.send(say.settled([file('a.dat', 2)]));
    await group.transferred('assessing', { outcomes: { 'a.dat': failure() } });
  });

  test('is assessed when the effect itself breaks', async () => {
    const group = await GroupDriver.start().toTransfer();
    group.send(say.gone(['a.dat']));
    await group.fails('assessing', failure());
    expect(group.context.deferred).toEqual({});
    expect(group.component('a.dat').inDelivery).toBe(false);
  });
});

describe('a re-delivery that is not sound', () => {
  test('leaves the good copy on record', async () => {
    const group = await GroupDriver.start().toArchive();
    const copy = group.component('a.dat').archived;
    group.send(say.settled([file('a.dat', 2)]));
    await group.assessed('integrityFailed', { verdicts: { 'a.dat': 'failed' } });
    expect(group.component('a.dat')).toMatchObject({ archived: copy, inArchive: true });
    expect(group.context).toMatchObject({ completedAt: 5000, revision: 1 });
    expect(componentStatus(group.state, group.component('a.dat'))).toBe('integrity_failed');
  });

  test('of one file among several leaves the group archived and the file marked', async () => {
    const group = await GroupDriver.start({ names: ['a.dat', 'a.xml'] }).toArchive();
    group.send(say.settled([file('a.dat', 2)]));
    await group.assessed('archived', { verdicts: { 'a.dat': 'failed' }, unchanged: ['a.xml'], grouped: true });
    expect(componentStatus(group.state, group.component('a.dat'))).toBe('integrity_failed');
    expect(group.send(say.lookAgain())).toBe('assessing');
  });

  test('does not time out by the clock of the first delivery', async () => {
    const group = GroupDriver.start({ names: ['a.dat', 'a.xml'] });
    const rules = { grouped: true, timeoutMs: 500, onTimeout: 'skip' } as const;
    await group.assessed('deciding', rules);
    await group.decided('transferring');
    await group.transferred('archived');
    group.send(say.settled([file('a.dat', 2)], 1_000_000));
    await group.assessed('archived', {
      ...rules,
      verdicts: { 'a.dat': 'waiting' },
      unchanged: ['a.xml'],
      at: 1_000_100,
    });
    expect(group.context.dueAt).toBeNull();
  });
});

describe('completeness', () => {
  test('a partly archived group whose missing file has left is not called archived', async () => {
    const group = GroupDriver.start({ names: ['a.dat', 'a.xml'] });
    await group.assessed('extracting', { extracts: true, grouped: true });
    await group.extracted('deciding');
    await group.decided('transferring');
    await group.transferred('failed', { outcomes: { 'a.xml': failure({ retryable: false }) } });
    group.send(say.gone(['a.xml']));
    group.send(say.retry());
    group.send(say.retryDue(1_000_000));
    await group.assessed('waiting', { ...lacking('skip'), unchanged: ['a.dat'] });
    expect(group.context.completedAt).toBeNull();
  });

  test('a longer time-out in new rules gives a timed-out group its time back', async () => {
    const group = GroupDriver.start();
    await group.assessed('waiting', lacking('warn'));
    group.send(say.timeoutDue());
    group.send(say.rulesChanged());
    await group.assessed('waiting', lacking('skip', 1_000_000));
    expect(group.context.dueAt).not.toBeNull();
  });

  test('a deadline that is not over yet means nothing', async () => {
    const group = GroupDriver.start();
    await group.assessed('waiting', lacking('skip', 1_000_000));
    expect(group.send(say.timeoutDue(10))).toBe('waiting');
    expect(group.context.timedOut).toBe(false);
  });
});

describe('copies that are gone', () => {
  test('a group with a lost copy of a file that has left delivery is missing, also after a look at the others', async () => {
    const group = await GroupDriver.start({ names: ['a.dat', 'a.xml'] }).toArchive();
    group.send(say.gone(['a.dat']));
    group.send(say.lost(['a.dat']));
    group.send(say.settled([file('a.xml', 2)]));
    await group.assessed('missing', { unchanged: ['a.xml'] });
    expect(componentStatus(group.state, group.component('a.dat'))).toBe('missing');
  });

  test('are noted in every state, not only in archived', async () => {
    const group = await GroupDriver.start({ names: ['a.dat', 'a.xml'] }).toTransfer();
    await group.transferred('failed', { outcomes: { 'a.xml': failure({ retryable: false }) } });
    group.send(say.lost(['a.dat']));
    expect(componentStatus(group.state, group.component('a.dat'))).toBe('missing');
  });
});

describe('on_redelivery = "ignore"', () => {
  test('is about archived files only', async () => {
    const group = GroupDriver.start({ names: ['a.dat', 'a.log'], policy: { onRedelivery: 'ignore' } });
    await group.assessed('deciding', { verdicts: { 'a.log': 'failed' }, complete: true, grouped: true });
    await group.decided('transferring');
    await group.transferred('archived');
    expect(group.send(say.settled([file('a.dat', 2)]))).toBe('archived');
    expect(componentStatus(group.state, group.component('a.log'))).toBe('integrity_failed');
    expect(group.send(say.settled([file('a.log', 2)]))).toBe('assessing');
  });
});

test('a move that is tried again does not archive anew because of an unsound file beside it', async () => {
  const group = GroupDriver.start({ names: ['a.dat', 'a.log'] });
  const unsound = { verdicts: { 'a.log': 'failed' as const }, complete: true, grouped: true };
  await group.assessed('deciding', unsound);
  await group.decided('transferring');
  await group.transferred('removingSources', { removesSources: true });
  await group.fails('retryPending', failure());
  group.send(say.retryDue(1_000_000));
  await group.assessed('removingSources', { ...unsound, unchanged: ['a.dat'], at: 1_000_001 });
  expect(group.context.revision).toBe(1);
});

describe('the sources of a move', () => {
  test('are removed only if they are what was archived: an unsound re-delivery stays', async () => {
    const group = GroupDriver.start({ names: ['a.dat', 'a.xml', 'a.log'] });
    await group.assessed('deciding', { grouped: true });
    await group.decided('transferring');
    await group.transferred('removingSources', { removesSources: true });
    await group.removed('archived', ['a.dat', 'a.xml', 'a.log']);
    group.send(say.settled([file('a.dat', 2), file('a.xml', 2), file('a.log', 2)], 9000));
    await group.assessed('deciding', { verdicts: { 'a.log': 'failed' }, complete: true, grouped: true, at: 9100 });
    await group.decided('transferring');
    await group.transferred('removingSources', { removesSources: true, at: 9500 });
    expect(group.remove.last.input.components.map(({ name }) => name)).toEqual(['a.dat', 'a.xml']);
  });
});
