import { describe, expect, test, vi } from 'vitest';
import type { Effects } from '../../machines/file-group/index.ts';
import { LiveGroup, type LiveGroupHooks } from '../../src/service/live-group.ts';
import { Writer } from '../../src/service/writer.ts';
import type { GroupWrite } from '../../src/store/index.ts';
import { file, inputOf, say } from '../machines/group-words.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { collectLog } from '../support/project.ts';

/** A group that is being assessed for ever, and a database whose commits end when the test says so. */
function bench() {
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
  };
  const hooks: LiveGroupHooks = {
    clock,
    node: 'here',
    onChange: (group) => writer.add(group),
    onEnter: () => undefined,
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
  return { clock, commits, group: new LiveGroup(effects, origin, hooks) };
}

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
