import { afterEach, describe, expect, test } from 'vitest';
import { SupervisorDriver } from './supervisor-driver.ts';

let driver: SupervisorDriver | null = null;

function start(options: { once?: boolean } = {}): SupervisorDriver {
  driver = new SupervisorDriver(options);
  return driver;
}

/** A service that has recovered and reconciled. */
async function running(): Promise<SupervisorDriver> {
  const service = start();
  await service.finish('recover', { serving: 'reconciling' });
  await service.finish('reconcileDelivery', { serving: 'running' });
  return service;
}

afterEach(() => {
  driver?.actor.stop();
  driver = null;
});

describe('the life of the service', () => {
  test('it takes up what is left, opens its watches, reconciles, and only then is ready', async () => {
    const service = start();
    expect(service.lifecycle).toBe('starting');
    expect(service.told).toEqual([]);
    await service.finish('recover', { serving: 'reconciling' });
    expect(service.watchStates()).toEqual(['probing', 'probing']);
    expect(service.told).toEqual([]);
    await service.finish('reconcileDelivery', { serving: 'running' });
    expect(service.told).toEqual(['ready']);
  });

  test('deadlines are kept from the moment groups are worked on until the stop', async () => {
    const service = start();
    expect(service.running).not.toContain('scheduleDeadlines');
    await service.finish('recover', { serving: 'reconciling' });
    expect(service.running).toContain('scheduleDeadlines');
    service.actor.send({ type: 'stop.requested' });
    expect(service.running).not.toContain('scheduleDeadlines');
  });

  test('the heart beats from the first moment on, through the stop', async () => {
    const service = await running();
    service.actor.send({ type: 'stop.requested' });
    expect(service.running).toContain('beat');
  });

  test('deliveries are reconciled again when the interval is over', async () => {
    const service = await running();
    service.clock.increment(59_999);
    expect(service.lifecycle).toEqual({ serving: 'running' });
    service.clock.increment(1);
    expect(service.lifecycle).toEqual({ serving: 'reconciling' });
    await service.finish('reconcileDelivery', { serving: 'running' });
    service.clock.increment(60_000);
    expect(service.lifecycle).toEqual({ serving: 'reconciling' });
  });

  test('lost file events make it reconcile at once', async () => {
    const service = await running();
    service.actor.send({ type: 'watch.overflowed', name: 'w', reason: 'a burst' });
    expect(service.lifecycle).toEqual({ serving: 'reconciling' });
  });

  test('a database that has returned makes it reconcile at once, and once more during a reconciliation', async () => {
    const service = await running();
    service.actor.send({ type: 'database.returned' });
    expect(service.lifecycle).toEqual({ serving: 'reconciling' });
    service.actor.send({ type: 'database.returned' });
    await service.finish('reconcileDelivery', { serving: 'reconciling' });
    await service.finish('reconcileDelivery', { serving: 'running' });
  });

  test('events lost during a reconciliation make it reconcile once more', async () => {
    const service = start();
    await service.finish('recover', { serving: 'reconciling' });
    service.actor.send({ type: 'watch.overflowed', name: 'w', reason: 'a burst' });
    service.actor.send({ type: 'watch.overflowed', name: 'w', reason: 'a burst' });
    await service.finish('reconcileDelivery', { serving: 'reconciling' });
    expect(service.runs.get('reconcileDelivery')).toHaveLength(2);
    await service.finish('reconcileDelivery', { serving: 'running' });
  });

  test('a database that is taken over during the start ends it', async () => {
    const service = start();
    service.actor.send({ type: 'service.failed', reason: 'taken over' });
    expect(service.lifecycle).toBe('draining');
    expect(service.context.failure).toBe('taken over');
  });

  test('a reconciliation that fails is reported, and the service runs on', async () => {
    const service = start();
    await service.finish('recover', { serving: 'reconciling' });
    await service.fail('reconcileDelivery', 'disk away', { serving: 'running' });
    expect(service.told).toEqual(['failure: disk away', 'ready']);
    expect(service.context.failure).toBeNull();
  });

  test('a start that cannot take up what is left fails, with the reason', async () => {
    const service = start();
    await service.fail('recover', 'database away', 'draining');
    await service.finish('drain', 'stopped');
    expect(service.context.failure).toBe('database away');
  });

  test('a part that must not fail ends the service in order, with the reason', async () => {
    const service = await running();
    service.actor.send({ type: 'service.failed', reason: 'taken over' });
    expect(service.lifecycle).toBe('draining');
    await service.finish('drain', 'stopped');
    expect(service.context.failure).toBe('taken over');
  });

  test('a drain that fails is a failure', async () => {
    const service = await running();
    service.actor.send({ type: 'stop.requested' });
    await service.fail('drain', 'disk full', 'failed');
    expect(service.context.failure).toBe('disk full');
  });
});

describe('a request to stop', () => {
  const ways: Readonly<Record<string, () => Promise<SupervisorDriver>>> = {
    starting: () => Promise.resolve(start()),
    reconciling: async () => {
      const service = start();
      await service.finish('recover', { serving: 'reconciling' });
      return service;
    },
    running,
    finishing: async () => {
      const service = start({ once: true });
      await service.finish('recover', { serving: 'reconciling' });
      await service.finish('reconcileDelivery', { serving: 'finishing' });
      return service;
    },
  };

  test.each(Object.entries(ways))('while %s drains, and then ends without a failure', async (_, way) => {
    const service = await way();
    service.actor.send({ type: 'stop.requested' });
    expect(service.lifecycle).toBe('draining');
    expect(service.told.at(-1)).toBe('stop');
    await service.finish('drain', 'stopped');
    expect(service.context.failure).toBeNull();
  });

  test('while draining changes nothing', async () => {
    const service = await running();
    service.actor.send({ type: 'stop.requested' });
    service.actor.send({ type: 'stop.requested' });
    expect(service.runs.get('drain')).toHaveLength(1);
    expect(service.told.filter((word) => word === 'stop')).toHaveLength(1);
  });

  test('ends the watches', async () => {
    const service = await running();
    service.actor.send({ type: 'stop.requested' });
    expect(service.watchStates()).toEqual(['stopped', 'stopped']);
  });

  test('lets no reconciliation begin any more', async () => {
    const service = await running();
    service.actor.send({ type: 'stop.requested' });
    service.clock.increment(600_000);
    service.actor.send({ type: 'watch.overflowed', name: 'w', reason: 'late' });
    expect(service.runs.get('reconcileDelivery')).toHaveLength(1);
  });
});

describe('run --once', () => {
  test('recovers, reconciles, works everything off, drains and ends, without a watch', async () => {
    const service = start({ once: true });
    await service.finish('recover', { serving: 'reconciling' });
    await service.finish('reconcileDelivery', { serving: 'finishing' });
    await service.finish('finishWork', 'draining');
    await service.finish('drain', 'stopped');
    expect(service.context).toMatchObject({ failure: null, watchActors: [] });
    expect(service.told).toEqual(['stop']);
  });

  test('a reconciliation that fails ends it as failed', async () => {
    const service = start({ once: true });
    await service.finish('recover', { serving: 'reconciling' });
    await service.fail('reconcileDelivery', 'database away', 'draining');
    expect(service.context.failure).toBe('database away');
    expect(service.runs.get('finishWork')).toBeUndefined();
  });

  test('work that fails ends it as failed', async () => {
    const service = start({ once: true });
    await service.finish('recover', { serving: 'reconciling' });
    await service.finish('reconcileDelivery', { serving: 'finishing' });
    await service.fail('finishWork', 'database away', 'draining');
    expect(service.context.failure).toBe('database away');
  });
});

describe('the health of the watches', () => {
  test('is kept and told, watch by watch', async () => {
    const service = await running();
    service.actor.send({ type: 'watch.opened', name: 'w', health: 'watching', reason: null });
    service.actor.send({ type: 'watch.opened', name: 'v', health: 'scanning', reason: 'ENOSPC' });
    service.actor.send({ type: 'watch.lost', name: 'w', reason: '/in has gone' });
    expect(service.context.health).toEqual({
      w: { health: 'lost', reason: '/in has gone' },
      v: { health: 'scanning', reason: 'ENOSPC' },
    });
    expect(service.told).toEqual(['ready', 'w watching', 'v scanning', 'w lost']);
  });

  test('reaches the service from its watches', async () => {
    const service = start();
    service.absent = 'not mounted';
    await service.finish('recover', { serving: 'reconciling' });
    await service.tells('v lost');
    expect(service.context.health).toMatchObject({
      w: { health: 'lost', reason: 'not mounted' },
      v: { health: 'lost' },
    });
  });
});
