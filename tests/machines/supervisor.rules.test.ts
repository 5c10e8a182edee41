import { afterEach, beforeEach, expect, test } from 'vitest';
import { SupervisorDriver } from './supervisor-driver.ts';

let service: SupervisorDriver;

beforeEach(async () => {
  service = new SupervisorDriver({});
  await service.finish('recover', { serving: 'reconciling' });
  await service.finish('reconcileDelivery', { serving: 'running' });
  service.told.length = 0;
});

afterEach(() => service.actor.stop());

function touch(): void {
  service.actor.send({ type: 'rules.touched' });
}

/** The rules file was written, and is read. */
function read(): void {
  touch();
  service.clock.increment(500);
}

test('the rules are read half a second after the file was written, not before', () => {
  touch();
  service.clock.increment(499);
  expect(service.rules).toBe('settling');
  expect(service.runs.get('readRules')).toBeUndefined();
  service.clock.increment(1);
  expect(service.rules).toBe('validating');
  expect(service.runs.get('readRules')).toHaveLength(1);
});

test('each writing starts the half second again', () => {
  touch();
  service.clock.increment(400);
  touch();
  service.clock.increment(400);
  expect(service.rules).toBe('settling');
  service.clock.increment(100);
  expect(service.rules).toBe('validating');
});

test('changed rules are announced, in force, and groups that were not selected are judged again', async () => {
  read();
  await service.finish('readRules', 'applying', { outcome: 'changed', version: 'r2' });
  expect(service.told).toEqual(['rules changed', 'applied', 'reload']);
  expect(service.runs.get('rejudge')).toHaveLength(1);
  await service.finish('rejudge', 'current');
});

test('unchanged rules are no news', async () => {
  read();
  await service.finish('readRules', 'current', { outcome: 'unchanged' });
  expect(service.told).toEqual([]);
  expect(service.runs.get('rejudge')).toBeUndefined();
});

test('invalid rules are rejected with all reasons, and the old version stays', async () => {
  read();
  await service.finish('readRules', 'rejected', {
    outcome: 'invalid',
    problems: ['no rule set images', 'line 3: type'],
  });
  expect(service.told).toEqual(['rules invalid: no rule set images, line 3: type']);
  expect(service.runs.get('rejudge')).toBeUndefined();
});

test('rejected rules that are corrected come into force', async () => {
  read();
  await service.finish('readRules', 'rejected', { outcome: 'invalid', problems: ['no'] });
  read();
  await service.finish('readRules', 'applying', { outcome: 'changed', version: 'r2' });
  expect(service.told).toEqual(['rules invalid: no', 'rules changed', 'applied', 'reload']);
});

test('rejected rules that are put back as they were are no longer rejected', async () => {
  read();
  await service.finish('readRules', 'rejected', { outcome: 'invalid', problems: ['no'] });
  read();
  await service.finish('readRules', 'current', { outcome: 'unchanged' });
  expect(service.told).toEqual(['rules invalid: no', 'rules unchanged']);
  read();
  await service.finish('readRules', 'current', { outcome: 'unchanged' });
  expect(service.told, 'is said once').toHaveLength(2);
});

test('a file that cannot be read leaves the old rules in force, and can be written again', async () => {
  read();
  await service.fail('readRules', 'EACCES', 'rejected');
  expect(service.told).toEqual(['failure: EACCES']);
  read();
  expect(service.rules).toBe('validating');
});

test('a judgement that fails is reported, and the new rules stay in force', async () => {
  read();
  await service.finish('readRules', 'applying', { outcome: 'changed', version: 'r2' });
  await service.fail('rejudge', 'database away', 'current');
  expect(service.told).toEqual(['rules changed', 'applied', 'reload', 'failure: database away']);
});

test('reading rules does not disturb the work', async () => {
  read();
  expect(service.lifecycle).toEqual({ serving: 'running' });
  service.clock.increment(60_000);
  expect(service.lifecycle).toEqual({ serving: 'reconciling' });
  expect(service.rules).toBe('validating');
  await service.finish('readRules', 'rejected', { outcome: 'invalid', problems: ['no'] });
  expect(service.lifecycle).toEqual({ serving: 'reconciling' });
});

test('a change while the file is being read does not lose the answer, and is read after it', async () => {
  read();
  service.actor.send({ type: 'rules.touched' });
  expect(service.rules).toBe('validating');
  await service.finish('readRules', 'applying', { outcome: 'changed', version: 'r2' });
  await service.finish('rejudge', 'settling');
  service.clock.increment(500);
  await service.finish('readRules', 'applying', { outcome: 'changed', version: 'r3' });
  expect(service.told.filter((word) => word === 'applied')).toHaveLength(2);
});
