import { expect, it } from 'vitest';
import type { GroupRegistry } from '../../src/service/registry.ts';
import { Scheduler } from '../../src/service/scheduler.ts';
import type { Surroundings } from '../../src/service/types.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { collectLog } from '../support/project.ts';

/** A scheduler of so many groups that are due, none of which ever moves on. */
function bench(groups: number, hasRoom = true) {
  const clock = new FakeClock();
  const due = Array.from({ length: groups }, (_, i) => ({
    watchName: 'a',
    groupKey: `g${i}`,
    keyHash: `h${i}`,
    state: 'retry_pending',
    lockVersion: 1,
    dueAt: 0,
    envelope: {},
  }));
  const reads: number[] = [];
  const snapshots: string[] = [];
  const sent: string[] = [];
  const around = {
    clock,
    log: collectLog(),
    project: { config: { watches: [{ name: 'a' }], service: { pollIntervalMs: 5000 } } },
    ownership: { watchOf: () => ({ name: 'a' }) },
    background: { track: () => undefined },
    groups: {
      dueGroups: (_names: unknown, now: number, limit: number) => {
        reads.push(limit);
        return Promise.resolve(due.filter(({ dueAt }) => dueAt <= now).slice(0, limit));
      },
      groupsByKey: (hashes: readonly string[]) => {
        snapshots.push(...hashes);
        return Promise.resolve(new Map(due.map((group) => [group.keyHash, group])));
      },
      nextDeadline: (_names: unknown, after: number) => {
        const later = due.map(({ dueAt }) => dueAt).filter((dueAt) => dueAt > after);
        return Promise.resolve(later.length === 0 ? null : Math.min(...later));
      },
    },
  };
  const registry = {
    deliver: (deliveries: readonly { readonly groupKey: string }[]) =>
      void sent.push(...deliveries.map(({ groupKey }) => groupKey)),
    whenRoom: () => room.promise,
  };
  const room = Promise.withResolvers<void>();
  if (hasRoom) room.resolve();
  // Nothing else of them is asked.
  const scheduler = new Scheduler(around as unknown as Surroundings, registry as unknown as GroupRegistry);
  return { clock, due, reads, snapshots, sent, scheduler, room };
}

it('groups that do not move on keep no others from their deadline, and are not read again and again', async () => {
  const { clock, reads, snapshots, sent, scheduler } = bench(1200);
  scheduler.start();
  await clock.advance(4000);
  expect(new Set(sent).size).toBe(1200);
  expect(sent, 'each is told once').toHaveLength(1200);
  await clock.advance(60_000);
  expect(reads.length).toBeLessThan(20);
  expect(snapshots, 'none is read with its snapshot to find that it has been told').toHaveLength(1200);
  scheduler.stop();
});

it('of a service that starts in an old process has not missed a look', () => {
  const { clock, scheduler } = bench(0);
  expect(scheduler.lastLook).toBe(clock.monotonic());
});

it('one that has been told, and has not moved on yet, does not hide the deadline behind its own', async () => {
  const { clock, due, reads, sent, scheduler } = bench(2);
  due[1] = { ...due[1]!, dueAt: clock.now() + 100 };
  scheduler.start();
  await clock.advance(50);
  expect(sent).toEqual(['g0']);
  await clock.advance(60);
  expect(sent).toEqual(['g0', 'g1']);
  expect(reads, 'it looks once for each').toHaveLength(2);
  scheduler.stop();
});

it('one that has moved on is told of its next deadline, and one whose news were lost is told again', async () => {
  const { clock, due, sent, scheduler } = bench(2);
  scheduler.start();
  await clock.advance(20_000);
  expect(sent).toEqual(['g0', 'g1']);
  due[0] = { ...due[0]!, lockVersion: 2 };
  scheduler.forget('h1');
  await clock.advance(20_000);
  expect(sent).toEqual(['g0', 'g1', 'g0', 'g1']);
  scheduler.stop();
});

it('does not count as stuck while it waits for groups to be worked off, and does when it has stopped looking', async () => {
  const { clock, scheduler, room } = bench(1, false);
  scheduler.start();
  await clock.advance(3_600_000);
  expect(scheduler.lastLook).toBe(clock.monotonic());
  room.resolve();
  await clock.advance(5000);
  scheduler.stop();
  const last = scheduler.lastLook;
  await clock.advance(60_000);
  expect(scheduler.lastLook).toBe(last);
});

it('a deadline is told once, however many look at the same time', async () => {
  const { sent, scheduler } = bench(2);
  const counts = await Promise.all([scheduler.look(), scheduler.look()]);
  expect(sent).toEqual(['g0', 'g1']);
  expect(counts).toEqual([2, 0]);
});

it('once it is stopped nothing is looked at any more, also when a look is under way', async () => {
  const { clock, reads, scheduler } = bench(2);
  scheduler.start();
  scheduler.stop();
  await clock.advance(60_000);
  scheduler.note(clock.now());
  await clock.advance(60_000);
  expect(reads).toHaveLength(1);
  expect(clock.timers).toBe(0);
});
