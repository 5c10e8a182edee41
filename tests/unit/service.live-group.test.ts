import { describe, expect, test, vi } from 'vitest';
import type { Effects } from '../../machines/file-group/index.ts';
import { LiveGroup, type LiveGroupHooks } from '../../src/service/group/live-group.ts';
import { Writer } from '../../src/service/group/writer.ts';
import type { GroupWrite } from '../../src/store/index.ts';
import { assessmentOf, copyOf, destination, file, inputOf, say } from '../machines/group-words.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { collectLog } from '../support/project.ts';

/** Groups that are being assessed for ever unless they have other effects, and a database whose commits end when the test says so. */
function bench(answering: Partial<Effects> = {}, active: () => number = () => 1000) {
  const clock = new FakeClock();
  const commits: { readonly written: GroupWrite; readonly end: () => void }[] = [];
  const writer = new Writer({
    groups: {
      commit: vi.fn<(writes: readonly GroupWrite[]) => Promise<{ id: number; lockVersion: number }[]>>(
        ([write]) =>
          new Promise((resolve) => {
            if (write === undefined) throw new Error('a commit of nothing');
            // What a thread or a server is sent is a copy of this moment.
            const written = structuredClone({ ...write, metadata: null });
            commits.push({ written, end: () => resolve([{ id: 1, lockVersion: write.lockVersion + 1 }]) });
          }),
      ),
    },
    clock,
    log: collectLog(),
    active,
    onCommitted: () => undefined,
    onUnwritable: (_, error) => {
      throw error;
    },
  });
  const never = () => new Promise<never>(() => undefined);
  const effects: Effects = {
    assessComponents: never,
    extractMetadata: never,
    decide: never,
    transferComponents: never,
    removeSources: never,
    adoptComponents: never,
    ...answering,
  };
  const told: string[] = [];
  const hooks: LiveGroupHooks = {
    clock,
    node: 'here',
    onChange: (group) => writer.add(group),
    onEnter: ({ state }) => void told.push(state),
    onDefect: (_, message) => {
      throw new Error(message);
    },
    primaryOf: () => null,
  };
  const origin = {
    key: 'k',
    keyHash: 'h',
    fileType: null,
    row: null,
    start: { kind: 'new', input: inputOf({}) },
  } as const;
  const live = (key: string) => new LiveGroup(effects, { ...origin, key }, hooks);
  return { clock, commits, told, live, group: live('k') };
}

describe('copies of two revisions between two writes', () => {
  test('are both written, the former one as such', async () => {
    const copies = ['/archive/x/a.dat', '/archive/x/a_1.dat'];
    const gate = Promise.withResolvers<void>();
    const { clock, commits, group } = bench({
      assessComponents: (subject) => Promise.resolve(assessmentOf(subject, {})),
      decide: () => Promise.resolve({ at: 3000, outcome: 'selected', destination, reason: null }),
      transferComponents: async ({ components }) => {
        await gate.promise;
        const [path = ''] = copies.splice(0, 1);
        const results = components.map(({ name, identity, path: source }) => {
          const copy = { ...copyOf(name, identity.inode), path };
          return [source, { outcome: 'archived', copy, identity }] as const;
        });
        return { at: 5000, components: Object.fromEntries(results), removesSources: false };
      },
    });
    group.start();
    await vi.waitFor(() => expect(group.state).toBe('transferring'));
    group.send(say.settled([file('a.dat', 2)]));
    gate.resolve();
    await vi.waitFor(() => expect(group.state).toBe('archived'));
    await clock.advance(10);
    expect(commits).toHaveLength(1);
    expect(commits[0]?.written).toMatchObject({
      revision: 2,
      components: [{ archivePath: '/archive/x/a_1.dat' }],
      formerCopies: [{ archivePath: '/archive/x/a.dat', sha256: '1'.repeat(64) }],
    });
  });
});

describe('what has changed', () => {
  const rejecting: Partial<Effects> = {
    assessComponents: (subject) => Promise.resolve(assessmentOf(subject, {})),
    decide: () => Promise.resolve({ at: 3000, outcome: 'rejected', reason: 'no rule' }),
  };

  test.each([
    ['waits for others that are at work', 51, 0],
    ['waits for nobody where all that is in memory has changed', 50, 1],
  ])('%s', async (_, active, commitsAtOnce) => {
    const { clock, commits, live } = bench(rejecting, () => active);
    const groups = Array.from({ length: 50 }, (__, i) => live(`k${i}`));
    for (const group of groups) group.start();
    await vi.waitFor(() => expect(groups.every(({ state }) => state === 'notSelected')).toBe(true));
    await clock.advance(1);
    expect(commits).toHaveLength(commitsAtOnce);
    await clock.advance(30);
    expect(commits).toHaveLength(1);
  });
});

describe('what nothing waits for', () => {
  test('is written two seconds later, each group for itself', async () => {
    const { clock, commits, live } = bench();
    live('first').start();
    await clock.advance(1500);
    live('second').start();
    await clock.advance(600);
    expect(commits.length).toBe(1);
    commits[0]?.end();
    await clock.advance(1300);
    expect(commits.length).toBe(1);
    await clock.advance(200);
    await vi.waitFor(() => expect(commits.length).toBe(2));
  });
});

describe('what a group goes through while it is being written', () => {
  test('is written next, every step of it', async () => {
    const { clock, commits, group } = bench();
    group.start();
    await clock.advance(3000);
    expect(commits).toHaveLength(1);
    group.send(say.settled([file('a.dat', 2)]));
    group.send(say.settled([file('a.dat', 3)]));
    commits[0]?.end();
    await clock.advance(3000);
    await vi.waitFor(() => expect(commits).toHaveLength(2));
    commits[1]?.end();
    await vi.waitFor(() => expect(group.isRecorded).toBe(true));
    expect(commits.map(({ written }) => written.transitions.map(({ event }) => event))).toEqual([
      ['files.settled'],
      ['files.settled', 'files.settled'],
    ]);
  });
});

describe('since when a group is in a state', () => {
  test.each([
    ['stays as it was when it is only looked at again', 'failed', 2000],
    ['is new when something has changed', 'waiting', 9000],
  ] as const)('%s', async (_, verdict, since) => {
    const found = [
      { at: 2000, verdicts: { 'a.dat': 'failed' } },
      { at: 9000, verdicts: { 'a.dat': verdict } },
    ] as const;
    let looks = 0;
    const { clock, commits, group } = bench({
      assessComponents: (subject) => Promise.resolve(assessmentOf(subject, found[looks++] ?? {})),
    });
    group.start();
    await vi.waitFor(() => expect(group.state).toBe('integrityFailed'));
    await clock.advance(10);
    commits[0]?.end();
    await vi.waitFor(() => expect(group.isRecorded).toBe(true));
    group.send({ type: 'assessment.requested', at: 8000 });
    await vi.waitFor(() => expect(looks).toBe(2));
    await vi.waitFor(() => expect(group.canRest).toBe(false));
    await clock.advance(10);
    await vi.waitFor(() => expect(commits).toHaveLength(2));
    expect(commits.map(({ written }) => written.stateSince)).toEqual([2000, since]);
  });
});

describe('that a group has come to rest', () => {
  test('is told once it is on record, and what comes after it later', async () => {
    const { clock, commits, told, group } = bench({
      assessComponents: (subject) => Promise.resolve(assessmentOf(subject, {})),
      decide: () => Promise.resolve({ at: 3000, outcome: 'rejected', reason: 'no rule' }),
    });
    group.start();
    expect(told).toEqual(['assessing']);
    await vi.waitFor(() => expect(group.state).toBe('notSelected'));
    await clock.advance(10);
    expect(commits).toHaveLength(1);
    group.send(say.settled([file('a.dat', 2)]));
    expect(group.state).toBe('assessing');
    expect(told).toEqual(['assessing', 'deciding']);
    commits[0]?.end();
    await vi.waitFor(() => expect(told).toEqual(['assessing', 'deciding', 'notSelected']));
    await vi.waitFor(() => expect(group.state).toBe('notSelected'));
    await clock.advance(10);
    commits[1]?.end();
    await vi.waitFor(() => expect(told.slice(3)).toEqual(['assessing', 'deciding', 'notSelected']));
  });
});
