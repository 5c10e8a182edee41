import { expect, test } from 'vitest';
import type { GroupContext, GroupState } from '../../machines/file-group/index.ts';
import { logState } from '../../src/service/group/log.ts';
import { GroupDriver } from '../machines/group-driver.ts';
import { collectLog } from '../support/log.ts';

const incomplete = GroupDriver.start({ names: ['a.dat'] }).context;
const destination = { archive: 'main', directory: '/archive/2026', routedBy: 'default' };
const complete: GroupContext = { ...incomplete, destination, completedAt: 5, completedRevision: 1 };

/** What is logged of a step, without the debug level. */
function logged(from: GroupState, to: GroupState, before: GroupContext, after: GroupContext, dryRun = false): string[] {
  const log = collectLog();
  const lastStep = { from, to, at: 5, heldMs: 1, before, after };
  logState(log, { key: 'k', state: to, context: after, lastStep }, { repeats: false, dryRun });
  return log.lines.filter((line) => !line.startsWith('DEBUG')).map((line) => line.replace(/ \{.*/, ''));
}

test('a group that has been archived is logged once for it, whatever came meanwhile', () => {
  expect(logged('transferring', 'archived', incomplete, complete)).toEqual(['SUCCESS archived']);
  expect(logged('removingSources', 'archived', complete, complete)).toEqual(['SUCCESS archived']);
  // A file that came during the transfer is looked at next.
  expect(logged('transferring', 'assessing', incomplete, complete)).toEqual(['SUCCESS archived']);
  expect(logged('removingSources', 'assessing', complete, complete)).toEqual(['SUCCESS archived']);
  expect(logged('assessing', 'archived', complete, complete)).toEqual([]);
});

test('where it has been archived is said also when it was looked at again in between, or found in the archive', async () => {
  const group = await GroupDriver.start({ names: ['a.dat'] }).toTransfer();
  await group.transferred('removingSources', { removesSources: true });
  const before = { ...group.context, destination: null };
  const log = collectLog();
  for (const from of ['removingSources', 'adopting'] as const) {
    const lastStep = { from, to: 'archived', at: 5, heldMs: 1, before, after: before } as const;
    logState(log, { key: 'k', state: 'archived', context: before, lastStep }, { repeats: false, dryRun: false });
  }
  const line = expect.stringMatching(/^SUCCESS archived .*"directory":"\/archive\/x"/);
  expect(log.lines).toEqual([line, line]);
});

test('a later revision is logged as such: the archive may keep a former one beside it', () => {
  const log = collectLog();
  for (const completedRevision of [1, 2]) {
    const after = { ...complete, completedRevision };
    const lastStep = { from: 'transferring', to: 'archived', at: 5, heldMs: 1, before: incomplete, after } as const;
    logState(log, { key: 'k', state: 'archived', context: after, lastStep }, { repeats: false, dryRun: false });
  }
  expect(log.lines).toEqual([expect.not.stringContaining('revision'), expect.stringContaining('"revision":2')]);
});

test('a move that could not remove its sources is logged as such', () => {
  const left: GroupContext = { ...complete, removesSources: true, reason: 'EROFS: read-only file system' };
  expect(logged('removingSources', 'archived', complete, left)).toEqual([
    'WARNING archived, but its sources stay in delivery',
  ]);
});

test('a group that is no more archived than before is not logged as archived', () => {
  expect(logged('transferring', 'assessing', incomplete, incomplete)).toEqual([]);
  // A file has left delivery.
  expect(logged('archived', 'archived', complete, complete)).toEqual([]);
  expect(logged('archived', 'archived', complete, complete, true)).toEqual([]);
});

test('a dry run says where a group would come to rest', () => {
  expect(logged('transferring', 'archived', incomplete, complete, true)).toEqual(['INFO would be archived']);
  expect(logged('assessing', 'waiting', incomplete, incomplete, true)).toEqual(['INFO would be waiting']);
});
