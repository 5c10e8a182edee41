import type { GroupState } from '../../machines/file-group/index.ts';
import { GroupDriver } from './group-driver.ts';
import { failure, file, lacking, say } from './group-words.ts';

/** A way into each state. */
export const waysTo: Readonly<Record<GroupState, () => Promise<GroupDriver>>> = {
  assessing: () => Promise.resolve(GroupDriver.start()),
  waiting: () => walk((group) => group.assessed('waiting', lacking('skip'))),
  timedOut: async () => {
    const group = await waysTo.waiting();
    group.send(say.timeoutDue());
    return group;
  },
  integrityFailed: () => walk((group) => group.assessed('integrityFailed', { verdicts: { 'a.dat': 'failed' } })),
  extracting: () => walk((group) => group.assessed('extracting', { extracts: true })),
  deciding: () => walk((group) => group.assessed('deciding')),
  notSelected: async () => {
    const group = await waysTo.deciding();
    await group.decided('notSelected', { at: 4000, outcome: 'rejected', reason: 'old' });
    return group;
  },
  transferring: () => GroupDriver.start().toTransfer(),
  removingSources: async () => {
    const group = await waysTo.transferring();
    await group.transferred('removingSources', { removesSources: true });
    return group;
  },
  retryPending: () => walk((group) => group.fails('retryPending', failure())),
  adopting: async () => {
    const group = await waysTo.cleared();
    group.send(say.adopted(['a.orphan']));
    return group;
  },
  archived: () => GroupDriver.start().toArchive(),
  missing: async () => {
    const group = await waysTo.archived();
    group.send(say.lost(['a.dat']));
    return group;
  },
  writtenOff: async () => {
    const group = await waysTo.missing();
    group.send(say.writtenOff(['a.dat']));
    return group;
  },
  failed: () => walk((group) => group.fails('failed', failure({ retryable: false }))),
  cleared: () => walk((group) => group.assessed('cleared', { verdicts: { 'a.dat': 'gone' } })),
};

async function walk(step: (group: GroupDriver) => Promise<void>): Promise<GroupDriver> {
  const group = GroupDriver.start();
  await step(group);
  return group;
}

/** Ways to what a group can be besides in some of its states. */
export const otherWays: Readonly<Record<string, () => Promise<GroupDriver>>> = {
  'transferring.deferred': async () => {
    const group = await waysTo.transferring();
    group.send(say.settled([file('a.log')]));
    group.send(say.gone(['a.dat']));
    return group;
  },
  'archived.revised': async () => {
    const group = await waysTo.archived();
    group.send(say.settled([file('a.dat', 2)]));
    await group.assessed('extracting', { extracts: true });
    await group.extracted('deciding');
    await group.decided('transferring');
    await group.transferred('archived');
    return group;
  },
};
