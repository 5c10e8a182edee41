import { expect, test } from 'vitest';
import { componentStatus } from '../../machines/file-group/index.ts';
import { GroupDriver } from './group-driver.ts';
import { file, lacking, say } from './group-words.ts';

/** A group of `a.dat` alone that has failed integrity. */
async function failedAlone(): Promise<GroupDriver> {
  const group = GroupDriver.start();
  await group.assessed('integrityFailed', { verdicts: { 'a.dat': 'failed' } });
  return group;
}

test('a file alone that fails integrity rests as integrity failed, with the reason', async () => {
  const group = await failedAlone();
  expect(group.context.reason).toBe('a.dat: too small');
  expect(group.component('a.dat')).toMatchObject({ verdict: 'failed', reason: 'too small' });
  expect(componentStatus(group.state, group.component('a.dat'))).toBe('integrity_failed');
  expect(group.decide.runs).toHaveLength(0);
});

test('a file that failed integrity is assessed again when it changes', async () => {
  const group = await failedAlone();
  expect(group.send(say.settled([file('a.dat', 2)]))).toBe('assessing');
  await group.toArchive();
  expect(group.component('a.dat')).toMatchObject({ verdict: 'passed', reason: null });
});

test('reconciliation makes a file that failed integrity be assessed again', async () => {
  const group = await failedAlone();
  expect(group.send(say.lookAgain())).toBe('assessing');
  await group.assessed('integrityFailed', { verdicts: { 'a.dat': 'failed' } });
});

test('a file that failed integrity and leaves delivery is cleared', async () => {
  const group = await failedAlone();
  expect(group.send(say.gone(['a.dat']))).toBe('assessing');
  await group.assessed('cleared');
  expect(componentStatus(group.state, group.component('a.dat'))).toBe('cleared');
});

test('a person may ask for a file that failed integrity to be tried again', async () => {
  const group = await failedAlone();
  expect(group.send(say.retry(8000))).toBe('retryPending');
  expect(group.context.dueAt).toBe(8000);
  expect(group.send(say.retryDue(8000))).toBe('assessing');
});

test('a failed component keeps its group waiting, and says why', async () => {
  const group = GroupDriver.start({ names: ['a.dat', 'a.xml'] });
  await group.assessed('waiting', { verdicts: { 'a.xml': 'failed' }, ...lacking('warn') });
  expect(group.context.reason).toBe('waiting for .xml; a.xml: too small');
  expect(componentStatus(group.state, group.component('a.xml'))).toBe('integrity_failed');
  expect(componentStatus(group.state, group.component('a.dat'))).toBe('waiting');
});

test('reconciliation makes a waiting group with a failed component be assessed again', async () => {
  const group = GroupDriver.start({ names: ['a.dat', 'a.xml'] });
  await group.assessed('waiting', { verdicts: { 'a.xml': 'failed' }, ...lacking('warn') });
  expect(group.send(say.lookAgain())).toBe('assessing');
  await group.toArchive();
});

test('a component that failed integrity is neither extracted from nor archived', async () => {
  const group = GroupDriver.start({ names: ['a.dat', 'a.log'] });
  await group.assessed('extracting', {
    verdicts: { 'a.log': 'failed' },
    complete: true,
    grouped: true,
    extracts: true,
  });
  expect(group.extract.last.input.components.map(({ name }) => name)).toEqual(['a.dat']);
  await group.extracted('deciding');
  expect(group.decide.last.input.components.map(({ name }) => name)).toEqual(['a.dat']);
  await group.decided('transferring');
  expect(group.transfer.last.input.components.map(({ name }) => name)).toEqual(['a.dat']);
  await group.transferred('archived');
  expect(componentStatus(group.state, group.component('a.log'))).toBe('integrity_failed');
});

test('a file without its checksum yet waits, and does not fail', async () => {
  const group = GroupDriver.start();
  await group.assessed('waiting', { verdicts: { 'a.dat': 'waiting' } });
  expect(group.context.reason).toBe('a.dat: waiting for its checksum');
  expect(group.send(say.lookAgain())).toBe('assessing');
  await group.toArchive();
});
