import { expect, it } from 'vitest';
import type { GroupRegistry } from '../../src/service/group/registry.ts';
import { Scheduler } from '../../src/service/scheduler.ts';
import type { Surroundings } from '../../src/service/types.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { collectLog } from '../support/project.ts';

const timeoutMs = 120_000;

/** A scheduler of so many groups of the watch `a` that are due, none of which ever moves on; those of `b` come later. */
function bench(groups: number) {
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
  const events: string[] = [];
  const around = {
    clock,
    log: collectLog(),
    project: {
      config: {
        watches: [{ name: 'a' }, { name: 'b' }],
        service: { pollIntervalMs: 5000, retryBackoff: 'fixed', retryDelayMs: 60_000, retryMaxDelayMs: 3_600_000 },
      },
    },
    rules: { of: ({ name }: { readonly name: string }) => (name === 'b' ? { completeness: { timeoutMs } } : {}) },
    ownership: { watchOf: (name: string) => ({ name }) },
    background: { track: () => undefined },
    groups: {
      dueGroups: (names: readonly string[], now: number, limit: number) => {
        reads.push(limit);
        const found = due.filter(({ watchName, dueAt }) => names.includes(watchName) && dueAt <= now);
        return Promise.resolve(found.slice(0, limit));
      },
      groupsDueBehind: (names: readonly string[], after: number) =>
        Promise.resolve(due.filter(({ watchName, dueAt }) => names.includes(watchName) && dueAt > after)),
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
    deliver: (deliveries: readonly { readonly groupKey: string; readonly event: { readonly type: string } }[]) => {
      sent.push(...deliveries.map(({ groupKey }) => groupKey));
      events.push(...deliveries.map(({ event }) => event.type));
    },
    hasRoom: (name: string) => !full.has(name),
  };
  const full = new Set<string>();
  // Nothing else of them is asked.
  const scheduler = new Scheduler(around as unknown as Surroundings, registry as unknown as GroupRegistry);
  return { clock, due, reads, snapshots, sent, events, scheduler, full };
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

it('a deadline that was set while the clock was ahead is met once the clock has been set back', async () => {
  const { clock, due, sent, events, scheduler } = bench(2);
  const yearMs = 365 * 86_400_000;
  due[0] = { ...due[0]!, dueAt: clock.now() + yearMs };
  due[1] = { ...due[1]!, dueAt: clock.now() + yearMs, state: 'waiting' };
  clock.jump(yearMs - timeoutMs);
  scheduler.start();
  await clock.advance(5000);
  expect(sent, 'so long a wait there may be').toEqual([]);
  clock.jump(-5000);
  await clock.advance(5000);
  expect(sent, 'and a clock is set back a little now and then').toEqual([]);
  clock.jump(-yearMs);
  await clock.advance(20_000);
  expect(sent, 'each is told once').toEqual(['g0', 'g1']);
  expect(events).toEqual(['retry.requested', 'assessment.requested']);
  scheduler.stop();
});

it('a watch whose groups take for ever has no deadlines until there is room, and keeps no other from its own', async () => {
  const { clock, due, sent, scheduler, full } = bench(2);
  due[1] = { ...due[1]!, watchName: 'b', dueAt: clock.now() + 30_000 };
  full.add('a');
  scheduler.start();
  await clock.advance(31_000);
  expect(sent).toEqual(['g1']);
  full.add('b');
  await clock.advance(31_000);
  full.clear();
  await clock.advance(1000);
  expect(sent, 'and what has been told is not forgotten meanwhile').toEqual(['g1', 'g0']);
  scheduler.stop();
});

it('counts as stuck when it has stopped looking, and not while there is no room for anything', async () => {
  const { clock, scheduler, full } = bench(1);
  full.add('a').add('b');
  scheduler.start();
  await clock.advance(60_000);
  expect(clock.monotonic() - scheduler.lastLook).toBeLessThanOrEqual(1000);
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
