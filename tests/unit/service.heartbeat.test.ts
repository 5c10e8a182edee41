import { describe, expect, it, vi } from 'vitest';
import type { Claim } from '../../src/service/database/claim.ts';
import { Heartbeat, type Vitals } from '../../src/service/heartbeat.ts';
import { Background } from '../../src/core/index.ts';
import type { Surroundings } from '../../src/service/types.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { collectLog } from '../support/project.ts';

/** A heartbeat of a service whose scheduler and database are as the test says. */
function bench() {
  const clock = new FakeClock();
  const scheduler = { lastLook: clock.monotonic() };
  const groups: { lastAway: number; awayReason: string | null } = { lastAway: -Infinity, awayReason: null };
  const beat = vi.fn<() => Promise<boolean>>(() => Promise.resolve(true));
  const watchdog = vi.fn<(line: string) => void>();
  const config = {
    service: { heartbeatIntervalMs: 60_000, pollIntervalMs: 5000 },
    watches: Array.of<{ name: string }>(),
  };
  const background = new Background();
  const log = collectLog();
  const silentArchives = { of: () => null };
  const around = { clock, background, groups, silentArchives, log, project: { config }, rules: { version: 'v' } };
  const vitals = {
    registry: { queued: 0, active: 0 },
    deliveries: { depth: 0 },
    scheduler,
    notifier: { watchdog },
    strays: { of: () => null },
    health: () => ({}),
  };
  // Of its surroundings a heartbeat asks nothing else.
  const heartbeat = new Heartbeat(around as unknown as Surroundings, vitals as unknown as Vitals);
  const claim = { store: { beat }, file: null, instance: 'one' } as unknown as Claim;
  return {
    clock,
    log,
    scheduler,
    groups,
    beat,
    watchdog,
    vitals,
    config,
    pulse: () => heartbeat.pulse(),
    once: () => heartbeat.beat(claim),
    start: () => heartbeat.start(claim, () => undefined),
    soon: () => heartbeat.soon(),
  };
}

/** The bench of a service with one watch, and how that is seen. */
function watched(seen: string, brake: string | null = null, silence: string | null = null) {
  const parts = bench();
  const { vitals, config } = parts;
  config.watches.push({ name: 'w' });
  Object.assign(vitals, { health: () => ({ w: { health: seen, reason: null } }) });
  Object.assign(vitals.deliveries, {
    silenceOf: () => silence,
    lastFileAt: () => null,
    intake: { ungrouped: { of: () => null } },
    reconciler: { brakeOf: () => brake, unreadReasonOf: () => null },
  });
  return parts;
}

describe('the health of a watch', () => {
  it('is not well while the heartbeat itself cannot be recorded, and is again when it is', async () => {
    const { beat, once, pulse } = watched('watching');
    beat.mockRejectedValueOnce(new Error('database or disk is full'));
    await once();
    const reason = 'work waits for the database: database or disk is full';
    expect(pulse().watches['w']).toMatchObject({ health: 'scanning', reason });
    await once();
    expect(pulse().watches['w']).toMatchObject({ health: 'watching' });
  });

  it('is not well while work waits for a part of the database that does not do it', () => {
    const { groups, pulse } = watched('watching');
    groups.awayReason = 'relation "group_transitions" does not exist';
    const reason = 'work waits for the database: relation "group_transitions" does not exist';
    expect(pulse().watches['w']).toMatchObject({ health: 'scanning', reason });
  });

  it.each([
    ['watching', null, null, { health: 'watching', reason: null }],
    ['watching', null, '/a does not answer', { health: 'lost', reason: '/a does not answer' }],
    ['watching', 'too much is gone', '/a does not answer', { health: 'lost', reason: 'too much is gone' }],
  ])('that is %s, with the brake %j and the silence %j, is as it says', (seen, brake, silence, expected) => {
    const { pulse } = watched(seen, brake, silence);
    expect(pulse().watches['w']).toEqual({
      ...expected,
      isHeldBack: brake !== null,
      lastFileAt: null,
      ungrouped: null,
      stuck: null,
    });
  });
});

it('one heartbeat tells of what is so of many groups at once, and none when it has been stopped', async () => {
  const { clock, beat, start, soon } = bench();
  const stop = start();
  await clock.advance(0);
  expect(beat).toHaveBeenCalledTimes(1);
  for (let group = 0; group < 3; group += 1) soon();
  await clock.advance(1000);
  expect(beat).toHaveBeenCalledTimes(2);
  soon();
  stop();
  await clock.advance(1000);
  expect(beat).toHaveBeenCalledTimes(2);
  expect(clock.timers).toBe(0);
});

it('a queue that changes is on record within 5 s; one that does not costs nothing', async () => {
  const { clock, beat, vitals, start } = bench();
  const stop = start();
  await clock.advance(30_000);
  expect(beat).toHaveBeenCalledTimes(1);
  vitals.registry.queued = 7;
  await clock.advance(5000);
  expect(beat.mock.lastCall).toMatchObject(['one', { queueDepth: 7 }]);
  await clock.advance(30_000);
  expect(beat).toHaveBeenCalledTimes(2);
  vitals.registry.queued = 0;
  await clock.advance(5000);
  expect(beat.mock.lastCall).toMatchObject(['one', { queueDepth: 0 }]);
  // Where it cannot be recorded that is said once a heartbeat, not each 5 s.
  beat.mockRejectedValue(new Error('connect ECONNREFUSED'));
  for (vitals.registry.queued = 1; vitals.registry.queued < 9; vitals.registry.queued += 1) await clock.advance(5000);
  expect(beat).toHaveBeenCalledTimes(4);
  stop();
  expect(clock.timers).toBe(0);
});

it('a heartbeat that has just begun, out of turn, is not told as unanswered; one that is under way for long is', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  try {
    const { clock, beat, vitals, start, log } = bench();
    const said = () => log.lines.filter((line) => line.startsWith('WARNING'));
    const stop = start();
    await clock.advance(0);
    beat.mockReturnValue(Promise.withResolvers<boolean>().promise);
    vitals.registry.queued = 7;
    await clock.advance(5000);
    expect(beat).toHaveBeenCalledTimes(2);
    vi.advanceTimersByTime(60_000);
    expect(said()).toEqual([]);
    await clock.advance(60_000);
    vi.advanceTimersByTime(60_000);
    expect(said()).toEqual(['WARNING the database does not answer the heartbeat {"seconds":60}']);
    stop();
  } finally {
    vi.useRealTimers();
  }
});

describe('the watchdog', () => {
  it('is told while the service looks for deadlines, and not when it does no more', async () => {
    const { clock, watchdog, once } = bench();
    await once();
    expect(watchdog).toHaveBeenCalledTimes(1);
    await clock.advance(184_000);
    await once();
    expect(watchdog).toHaveBeenCalledTimes(2);
    await clock.advance(2000);
    await once();
    expect(watchdog).toHaveBeenCalledTimes(2);
  });

  it('is told however long the scheduler may pause between two looks', async () => {
    const { clock, config, watchdog, once } = bench();
    config.service.pollIntervalMs = 3_600_000;
    await clock.advance(3_600_000);
    await once();
    expect(watchdog).toHaveBeenCalledTimes(1);
  });

  it('is told while the service waits for a database that is away, though no heartbeat can be recorded', async () => {
    const { clock, groups, beat, watchdog, once } = bench();
    beat.mockRejectedValue(new Error('connect ECONNREFUSED'));
    await clock.advance(3_600_000);
    groups.lastAway = clock.monotonic() - 10_000;
    expect(await once()).toBe(true);
    expect(watchdog).toHaveBeenCalledTimes(1);
  });

  it('is not told while the database keeps silent', async () => {
    const { clock, beat, watchdog, once } = bench();
    beat.mockReturnValue(Promise.withResolvers<boolean>().promise);
    void once();
    await clock.advance(3_600_000);
    expect(watchdog).not.toHaveBeenCalled();
  });
});

it('a heartbeat that SQLite refuses is told with what helps', async () => {
  const { beat, once, log } = bench();
  beat.mockRejectedValue(Object.assign(new Error('database disk image is malformed'), { code: 'SQLITE_CORRUPT' }));
  expect(await once()).toBe(true);
  beat.mockRejectedValue(new Error('connect ECONNREFUSED'));
  expect(await once()).toBe(true);
  const said = 'WARNING the heartbeat cannot be recorded';
  expect(log.lines).toEqual([
    `${said} {"reason":"database disk image is malformed","remedy":"restore the backup of the database, see \\"Restore\\" in docs/operations.md"}`,
    `${said} {"reason":"connect ECONNREFUSED"}`,
  ]);
});
