import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { fileGroupVersion, groupStates, readSnapshot, type SnapshotEnvelope } from '../../machines/file-group/index.ts';
import { GroupDriver } from './group-driver.ts';
import { file, say } from './group-words.ts';
import { otherWays, waysTo } from './ways.ts';

// Goal: what any released version has stored can be read and goes on, for ever.
// Method: fixtures of each version, written once by `npm run snapshots:fixture`, are restored and walked to the archive.

const root = new URL('../fixtures/snapshots/', import.meta.url);
const versions = Array.from({ length: fileGroupVersion }, (_, i) => i + 1);
const fixtures = versions.flatMap((version) => {
  const directory = new URL(`v${version}/`, root);
  const names = existsSync(directory) ? readdirSync(directory).sort() : [];
  return names.map((name) => [version, name.replace('.json', ''), envelopeIn(new URL(name, directory))] as const);
});

function envelopeIn(path: URL): SnapshotEnvelope {
  return JSON.parse(readFileSync(path, 'utf8'));
}

/** What a group that goes on needs next; the archive is where each of these ways ends. */
async function step(group: GroupDriver): Promise<void> {
  switch (group.state) {
    case 'assessing':
      return group.assessed(
        Object.values(group.context.components).every((c) => c.isCurrent) ? 'archived' : 'deciding',
      );
    case 'extracting':
      return group.extracted('deciding');
    case 'deciding':
      return group.decided('transferring');
    case 'transferring':
      return group.transferred(Object.keys(group.context.deferred).length > 0 ? 'assessing' : 'archived');
    case 'removingSources':
      return group.removed('archived', ['a.dat']);
    case 'adopting':
      return group.adopted('archived');
    case 'retryPending':
      return void group.send(say.retryDue(group.context.dueAt ?? 0));
    case 'notSelected':
      return void group.send(say.rulesChanged());
    case 'missing':
    case 'writtenOff':
      return void group.send(say.found(['a.dat']));
    case 'failed':
      return void group.send(say.retry());
    case 'waiting':
    case 'timedOut':
    case 'integrityFailed':
    case 'cleared':
    case 'archived':
      return void group.send(say.settled([file('a.xml', 3)]));
  }
}

describe.each(fixtures)('the snapshot of version %i, %s,', (_, name, envelope) => {
  test('is read, restored, and goes on into the archive', async () => {
    const read = readSnapshot(envelope);
    if (!read.ok) throw new Error(read.reason);
    const group = GroupDriver.restore(read.snapshot);
    expect(group.state).toBe(name.split('.')[0]);
    const copied = Object.values(read.snapshot.context.components).filter(({ archived }) => archived !== null);
    for (let count = 0; count < 20 && (count === 0 || group.state !== 'archived'); count += 1) await step(group);
    expect(group.state).toBe('archived');
    expect(group.defects).toEqual([]);
    const { components } = group.context;
    for (const component of Object.values(components)) {
      if (component.inDelivery) expect(component).toMatchObject({ inArchive: true, isCurrent: true });
    }
    // No copy that was on record is forgotten.
    for (const { path } of copied) expect(components[path]).toMatchObject({ inArchive: true });
  });
});

/** Every place in a value that holds something, with the kind of what it holds; keys that are data are `*`. */
function shapeOf(value: unknown, place: string): readonly string[] {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) return value.flatMap((one) => shapeOf(one, `${place}[]`));
  if (typeof value !== 'object') return [`${place}: ${typeof value}`];
  const isByKey = /\.(components|deferred|metadata|children)$/.test(place);
  return Object.entries(value).flatMap(([key, one]) => shapeOf(one, `${place}.${isByKey ? '*' : key}`));
}

describe('the present version', () => {
  const present = fixtures.filter(([version]) => version === fileGroupVersion);

  test('has a fixture of each state, and so had each before of its own', () => {
    const states = present.map(([, name]) => name).filter((name) => !name.includes('.'));
    expect(states, 'run `npm run snapshots:fixture`').toEqual([...groupStates].sort());
    expect(new Set(fixtures.map(([version]) => version))).toEqual(new Set(versions));
  });

  test('stores what its fixtures hold: a change needs another version, with an upcaster', async () => {
    const stored = await Promise.all(
      Object.values({ ...waysTo, ...otherWays }).map(async (way) => (await way()).persisted()),
    );
    const shapes = (snapshots: readonly unknown[]) =>
      [...new Set(snapshots.flatMap((one) => shapeOf(one, 'snapshot')))].sort();
    expect(shapes(stored)).toEqual(shapes(present.map(([, , { snapshot }]) => snapshot)));
  });

  test('tells a change of shape from none', () => {
    const shape = (context: object) => shapeOf({ context }, 'snapshot');
    const before = shape({ attempt: 1, components: { a: { path: '/a' } }, missing: ['x'] });
    expect(shape({ attempt: 2, components: { b: { path: '/b' } }, missing: ['y'] })).toEqual(before);
    expect(shape({ attempt: '1', components: { a: { path: '/a' } }, missing: ['x'] })).not.toEqual(before);
    expect(shape({ attempt: 1, components: { a: { file: '/a' } }, missing: ['x'] })).not.toEqual(before);
    expect(shape({ attempt: 1, components: { a: { path: '/a' } }, missing: ['x'], tries: 1 })).not.toEqual(before);
  });
});
