import { describe, expect, test } from 'vitest';
import { componentStatus } from '../../machines/file-group/index.ts';
import { GroupDriver } from './group-driver.ts';
import { destination, file, lacking, pathOf, say } from './group-words.ts';

type OnTimeout = 'warn' | 'skip' | 'archive_partial';

/** A group that lacks its `.xml`, seen at 1,000, with a time-out of 500. */
async function waiting(onTimeout: OnTimeout): Promise<GroupDriver> {
  const group = GroupDriver.start();
  await group.assessed('waiting', lacking(onTimeout));
  return group;
}

test('an incomplete group waits, says what for, and its time-out runs from its first component', async () => {
  const group = await waiting('warn');
  expect(group.context).toMatchObject({ reason: 'waiting for .xml', missing: ['.xml'], timeoutAt: 1500, dueAt: 1500 });
});

test('a later component does not move the time-out', async () => {
  const group = await waiting('warn');
  group.send(say.settled([file('a.log')], 1400));
  await group.assessed('waiting', { ...lacking('warn'), at: 1450 });
  expect(group.context.dueAt).toBe(1500);
});

test('a time-out that began while the clock was ahead runs from the next look after it has been set back', async () => {
  const group = await waiting('skip');
  group.send({ type: 'assessment.requested', at: 200 });
  await group.assessed('waiting', { ...lacking('skip'), at: 210 });
  expect(group.context.dueAt).toBe(710);
});

test('what is delivered after the group was archived has the whole time-out, from its first component', async () => {
  const group = await GroupDriver.start({ names: ['a.dat', 'a.xml'] }).toTransfer();
  await group.transferred('archived');
  const unsound = { verdicts: { 'a.dat': 'waiting', 'a.xml': 'waiting' }, ...lacking('skip') } as const;
  group.send(say.settled([file('a.dat', 2)], 7000));
  const first = { verdicts: { 'a.dat': 'waiting' }, unchanged: ['a.xml'], ...lacking('skip') } as const;
  await group.assessed('archived', { ...first, at: 7100 });
  group.send(say.settled([file('a.xml', 2)], 7200));
  await group.assessed('waiting', { ...unsound, at: 7300 });
  expect(group.context).toMatchObject({ timedOut: false, dueAt: 7500 });
});

test('the missing component completes the group', async () => {
  const group = await waiting('skip');
  expect(group.send(say.settled([file('a.xml')], 1400))).toBe('assessing');
  await group.assessed('deciding');
  expect(group.context.dueAt).toBeNull();
  await group.decided('transferring');
  expect(group.transfer.last.input.components.map(({ name }) => name)).toEqual(['a.dat', 'a.xml']);
});

test('a group without a time-out waits without a deadline', async () => {
  const group = GroupDriver.start();
  await group.assessed('waiting', { missing: ['.xml'] });
  expect(group.context.dueAt).toBeNull();
  expect(group.send(say.rulesChanged())).toBe('assessing');
});

test('other rules make a waiting group be assessed again', async () => {
  const group = await waiting('warn');
  expect(group.send(say.rulesChanged())).toBe('assessing');
  await group.assessed('deciding', { rulesVersion: 'r2' });
  expect(group.context.rulesVersion).toBe('r2');
});

test('a group that a plugin makes counts as judged by other rules only when these have been asked whose its files are', async () => {
  const lacks = { ...lacking('warn'), groupedByPlugin: true };
  const group = GroupDriver.start();
  await group.assessed('waiting', lacks);
  group.send(say.lookAgain());
  await group.assessed('waiting', { ...lacks, rulesVersion: 'r2' });
  expect(group.context.rulesVersion, 'and no longer by the former ones').toBeNull();
  group.send(say.rulesChanged());
  await group.assessed('waiting', { ...lacks, rulesVersion: 'r2' });
  expect(group.context.rulesVersion).toBe('r2');
});

test.each([
  ['when it began', () => GroupDriver.start({ rulesVersion: 'old' })],
  [
    'later',
    () => {
      const group = GroupDriver.start();
      group.send(say.settled([file('a.log')], 1100, 'old'));
      return group;
    },
  ],
])(
  'rules that a plugin was not asked by have not judged a group, to which others have sent a file %s',
  async (_, start) => {
    const group = start();
    await group.assessed('waiting', { ...lacking('warn'), groupedByPlugin: true });
    expect(group.context.rulesVersion).not.toBe('r1');
    group.send(say.rulesChanged(1200, 'r1'));
    await group.assessed('waiting', { ...lacking('warn'), groupedByPlugin: true });
    expect(group.context.rulesVersion).toBe('r1');
  },
);

test('a file that was its own before changes nothing of the rules that have judged a group', async () => {
  const group = GroupDriver.start();
  group.send(say.settled([file('a.dat', 2)], 1100, null));
  await group.assessed('waiting', { ...lacking('warn'), groupedByPlugin: true });
  expect(group.context.rulesVersion).toBe('r1');
});

test('a plugin is to be asked whose other content is than what was archived under its name', async () => {
  const group = GroupDriver.start();
  await group.toArchive();
  group.send(say.settled([file('a.dat', 2)], 1100, null));
  await group.assessed('waiting', { ...lacking('warn'), groupedByPlugin: true });
  expect(group.context.rulesVersion).toBeNull();
});

test('a plugin is to be asked whose a file is that came while its group was being archived', async () => {
  const group = GroupDriver.start();
  await group.assessed('deciding', { groupedByPlugin: true });
  await group.decided('transferring');
  group.send(say.settled([file('a.log')], 4500, 'r1'));
  await group.transferred('assessing');
  await group.assessed('waiting', { ...lacking('warn'), groupedByPlugin: true });
  expect(group.context.rulesVersion).toBeNull();
});

test('files that belong to others by other rules leave a group in the same step as these have judged it', () => {
  const group = GroupDriver.start({ names: ['a.dat', 'a.log'] });
  group.send({ type: 'files.removed', paths: [pathOf('a.log')], rulesVersion: 'r2', at: 7000 });
  expect(group.component('a.log').inDelivery).toBe(false);
  expect(group.context.rulesVersion).toBe('r2');
});

test('a group that a plugin makes has been judged by other rules when they select it, not when they reject it', async () => {
  const group = GroupDriver.start();
  const complete = { groupedByPlugin: true, rulesVersion: 'r2' };
  await group.assessed('deciding', complete);
  await group.decided('notSelected', { at: 4000, outcome: 'rejected', reason: 'too old' });
  expect(group.context.rulesVersion).toBeNull();
  group.send(say.settled([file('a.dat', 2)], 5000, null));
  await group.assessed('deciding', complete);
  const explanation = { ruleSet: 'r', rulesVersion: 'r2', selection: [], routing: [] };
  await group.decided('transferring', { at: 6000, outcome: 'selected', destination, reason: null, explanation });
  expect(group.context.rulesVersion).toBe('r2');
});

test('a group that has files of others has been judged by no rules until it has let go of them', async () => {
  const group = GroupDriver.start({ names: ['a.dat', 'a.log'] });
  await group.assessed('deciding', { others: 'some' });
  await group.decided('notSelected', { at: 4000, outcome: 'rejected', reason: 'too old' });
  expect(group.context.rulesVersion).toBeNull();
  group.send({ type: 'files.removed', paths: [pathOf('a.log')], rulesVersion: 'r1', at: 5000 });
  await group.assessed('deciding');
  expect(group.context.rulesVersion).toBe('r1');
});

describe('warn', () => {
  test('says once that it timed out, and keeps waiting', async () => {
    const group = await waiting('warn');
    expect(group.send(say.timeoutDue())).toBe('waiting');
    expect(group.context).toMatchObject({ timedOut: true, dueAt: null, reason: 'timed out, waiting for .xml' });
    group.send(say.settled([file('a.log')]));
    await group.assessed('waiting', lacking('warn'));
    expect(group.context.dueAt).toBeNull();
  });

  test('the missing component completes the group after the time-out, too', async () => {
    const group = await waiting('warn');
    group.send(say.timeoutDue());
    group.send(say.settled([file('a.xml')]));
    await group.toArchive();
  });
});

describe('skip', () => {
  test('gives the group up as timed out', async () => {
    const group = await waiting('skip');
    expect(group.send(say.timeoutDue())).toBe('timedOut');
    expect(group.context).toMatchObject({ timedOut: true, dueAt: null });
    expect(componentStatus(group.state, group.component('a.dat'))).toBe('timed_out');
  });

  test('a late component that completes the group revives it', async () => {
    const group = await waiting('skip');
    group.send(say.timeoutDue());
    expect(group.send(say.settled([file('a.xml')]))).toBe('assessing');
    await group.toArchive();
  });

  test('a late component that does not complete the group leaves it timed out', async () => {
    const group = await waiting('skip');
    group.send(say.timeoutDue());
    group.send(say.settled([file('a.log')]));
    await group.assessed('timedOut', lacking('skip'));
    expect(componentStatus(group.state, group.component('a.log'))).toBe('timed_out');
  });

  test('a timed-out group whose files all leave is cleared', async () => {
    const group = await waiting('skip');
    group.send(say.timeoutDue());
    expect(group.send(say.gone(['a.dat']))).toBe('assessing');
    await group.assessed('cleared');
  });

  test('a retry that a person asks for gives it the whole time again', async () => {
    const group = await waiting('skip');
    group.send(say.timeoutDue());
    expect(group.send(say.retry(8000))).toBe('retryPending');
    expect(group.send(say.retryDue(8000))).toBe('assessing');
    await group.assessed('waiting', { ...lacking('skip'), at: 8100 });
    expect(group.context).toMatchObject({ timedOut: false, dueAt: 8500 });
  });
});

describe('archive_partial', () => {
  test('archives what has arrived', async () => {
    const group = await waiting('archive_partial');
    expect(group.send(say.timeoutDue())).toBe('assessing');
    await group.assessed('deciding', lacking('archive_partial'));
    await group.decided('transferring');
    await group.transferred('archived');
    expect(group.context.completedAt).toBe(5000);
    expect(componentStatus(group.state, group.component('a.dat'))).toBe('archived');
  });

  test('leaves on record that it was incomplete, also when the same is delivered again', async () => {
    const group = await waiting('archive_partial');
    group.send(say.timeoutDue());
    await group.assessed('deciding', lacking('archive_partial'));
    await group.decided('transferring');
    await group.transferred('archived');
    group.send(say.settled([file('a.dat', 2)], 7000));
    await group.assessed('archived', { ...lacking('archive_partial'), unchanged: ['a.dat'], at: 7100 });
    expect(group.context.timedOut).toBe(true);
  });

  test('extracts from what has arrived', async () => {
    const group = await waiting('archive_partial');
    group.send(say.timeoutDue());
    await group.assessed('extracting', { ...lacking('archive_partial'), extracts: true });
    expect(group.extract.last.input.components.map(({ name }) => name)).toEqual(['a.dat']);
  });

  test('archives only the sound components', async () => {
    const group = GroupDriver.start({ names: ['a.dat', 'a.xml'] });
    await group.assessed('waiting', { verdicts: { 'a.xml': 'failed' }, ...lacking('archive_partial') });
    group.send(say.timeoutDue());
    await group.assessed('deciding', { verdicts: { 'a.xml': 'failed' }, ...lacking('archive_partial') });
    await group.decided('transferring');
    expect(group.transfer.last.input.components.map(({ name }) => name)).toEqual(['a.dat']);
  });

  test('gives up when nothing sound has arrived, until something does', async () => {
    const group = GroupDriver.start();
    await group.assessed('waiting', { verdicts: { 'a.dat': 'failed' }, ...lacking('archive_partial') });
    expect(group.send(say.timeoutDue())).toBe('timedOut');
    group.send(say.settled([file('a.dat', 2)]));
    await group.assessed('deciding', lacking('archive_partial'));
  });

  test('a retry after a failed partial transfer is still partial', async () => {
    const group = await waiting('archive_partial');
    group.send(say.timeoutDue());
    await group.assessed('deciding', lacking('archive_partial'));
    await group.decided('transferring');
    await group.transferred('retryPending', {
      outcomes: { 'a.dat': { code: 'X', message: 'no', remedy: '', retryable: true, at: 5000 } },
    });
    group.send(say.retryDue());
    await group.assessed('deciding', lacking('archive_partial'));
  });

  test('the missing component makes a new, whole revision', async () => {
    const group = await waiting('archive_partial');
    group.send(say.timeoutDue());
    await group.assessed('deciding', lacking('archive_partial'));
    await group.decided('transferring');
    await group.transferred('archived');
    expect(group.send(say.settled([file('a.xml')], 9000))).toBe('assessing');
    await group.assessed('deciding', { unchanged: ['a.dat'], grouped: true, at: 9100 });
    expect(group.context).toMatchObject({ revision: 2, timedOut: false, completedRevision: 1 });
    await group.decided('transferring');
    await group.transferred('archived', { at: 9200 });
    expect(Object.keys(group.context.components)).toEqual([pathOf('a.dat'), pathOf('a.xml')]);
    expect(group.context.completedAt).toBe(9200);
  });
});
