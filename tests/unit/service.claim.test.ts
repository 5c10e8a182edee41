import { expect, it } from 'vitest';
import { claimDatabase, type Claiming } from '../../src/service/database/claim.ts';
import { thisHolder } from '../../src/service/database/holder.ts';
import type { RecordedHolder, ServiceStore } from '../../src/store/index.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { collectLog } from '../support/project.ts';

const heartbeatMs = 60_000;

/** A database that a process on another host has; its last heartbeat is so long ago by the clock of whoever claims it. */
function bench(agoMs: number) {
  const clock = new FakeClock();
  const at = clock.now() - agoMs;
  const times = { startedAt: at, lastHeartbeat: at, heartbeatMs };
  let recorded: RecordedHolder = { ...thisHolder('other', 'run'), ...times, host: 'elsewhere' };
  const store = {
    holder: () => Promise.resolve(recorded),
    claim: (_holder: unknown, _at: unknown, _ms: unknown, isAlive: (holder: RecordedHolder) => boolean) =>
      isAlive(recorded) ? Promise.reject(new Error('refused')) : Promise.resolve({ wasCutShort: true, left: null }),
    pluginAsked: () => Promise.resolve(null),
    recordPluginAsked: () => Promise.resolve(),
    lastFiles: () => Promise.resolve(new Map()),
  };
  const stop = new AbortController();
  const project = { config: { service: { heartbeatIntervalMs: heartbeatMs } } };
  const claiming = { project, instance: 'own', mode: 'run', watches: new Set(), clock, log: collectLog() };
  let outcome = 'waits';
  // Nothing else of them is asked.
  void claimDatabase({ ...claiming, signal: stop.signal } as unknown as Claiming, {
    services: store as unknown as ServiceStore,
    requests: {} as never,
    file: null,
  }).then(
    () => (outcome = 'claimed'),
    () => (outcome = 'refused'),
  );
  const beat = () => (recorded = { ...recorded, lastHeartbeat: recorded.lastHeartbeat + heartbeatMs });
  return { clock, stop, beat, outcome: () => outcome };
}

it('what a process on another host has is refused at once where its heartbeat is fresh', async () => {
  const { clock, outcome } = bench(heartbeatMs);
  await clock.advance(0);
  expect(outcome()).toBe('refused');
});

it.each([
  ['behind', 10 * heartbeatMs],
  ['years ahead', -1e12],
])('a process whose clock is %s keeps its database, as long as it gives signs of life', async (_, agoMs) => {
  const { clock, beat, outcome } = bench(agoMs);
  await clock.advance(heartbeatMs);
  expect(outcome()).toBe('waits');
  beat();
  await clock.advance(heartbeatMs / 10);
  expect(outcome()).toBe('refused');
});

it('one that gives none while it is waited for has ended', async () => {
  const { clock, outcome } = bench(10 * heartbeatMs);
  await clock.advance(2 * heartbeatMs - 1);
  expect(outcome()).toBe('waits');
  await clock.advance(1);
  expect(outcome()).toBe('claimed');
});

it('whoever is to stop waits for nobody', async () => {
  const { clock, stop, outcome } = bench(10 * heartbeatMs);
  await clock.advance(heartbeatMs / 2);
  stop.abort();
  await clock.advance(heartbeatMs / 10);
  expect(outcome()).toBe('refused');
});
