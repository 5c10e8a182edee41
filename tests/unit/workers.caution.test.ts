import { describe, expect, test } from 'vitest';
import { afterAnEnd, Caution, readAsked, type AskedRecord, type PluginRequest } from '../../src/workers/index.ts';
import { FakeClock } from '../support/fake-clock.ts';

const hourMs = 60 * 60 * 1000;

function request(groupKey: string, files: readonly string[] = [`/d/${groupKey}`]): PluginRequest {
  return { kind: 'extract', name: 'read', files, watchName: 'w', fileType: null, groupKey };
}

/** A process that works until it ends without a word: what is on record then is what the next one begins with. */
function nextProcess(clock: FakeClock, former: AskedRecord | null) {
  const records: AskedRecord[] = [];
  const begun = former === null ? readAsked(null) : afterAnEnd(former, clock.now());
  const caution = new Caution(begun, clock, async (record) => void records.push(record));
  return { caution, records, last: () => readAsked(JSON.stringify(records.at(-1) ?? begun)) };
}

const never = () => new Promise<string>(() => undefined);
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('a request', () => {
  test('is of no concern as long as no process has ended without a word, and an hour after one has', () => {
    const clock = new FakeClock();
    expect(nextProcess(clock, null).caution.concerns(request('a'))).toBe(false);
    const { caution } = nextProcess(clock, readAsked(null));
    expect(caution.concerns(request('a'))).toBe(true);
    const later = new FakeClock(clock.now() + hourMs);
    expect(
      new Caution(afterAnEnd(readAsked(null), clock.now()), later, async () => undefined).concerns(request('a')),
    ).toBe(false);
  });

  test('is on record before it is asked, by itself, and no longer once it is answered', async () => {
    const { caution, records } = nextProcess(new FakeClock(), readAsked(null));
    const order: unknown[] = [];
    const asked = (name: string) => async () => {
      order.push([name, records.at(-1)?.asked]);
      await turn();
      order.push(`${name} is answered`);
      return name;
    };
    const answers = await Promise.all([
      caution.alone(request('a'), asked('a')),
      caution.alone(request('b'), () => Promise.reject(new Error('b'))).catch(String),
      caution.alone(request('c'), asked('c')),
    ]);
    expect(answers).toEqual(['a', 'Error: b', 'c']);
    const [a, , c] = order as [[string, string], string, [string, string]];
    expect(order).toEqual([['a', expect.any(String)], 'a is answered', ['c', expect.any(String)], 'c is answered']);
    expect(a[1]).not.toBe(c[1]);
    expect(records.at(-1)?.asked).toBe(null);
    // Each commit costs a turn of the disk: what is answered makes room for what waits.
    expect(records.map(({ asked }) => asked !== null)).toEqual([true, true, true, false]);
  });

  test('at which the process ends twice in a row is not asked the third time, and then has another chance', async () => {
    const clock = new FakeClock();
    let last = readAsked(null);
    for (let end = 0; end < 2; end += 1) {
      const process = nextProcess(clock, last);
      void process.caution.alone(request('a', end === 0 ? ['/d/1', '/d/2'] : ['/d/2', '/d/1']), never);
      await turn();
      last = process.last();
    }
    const third = nextProcess(clock, last);
    expect(await third.caution.alone(request('b'), async () => 'b')).toBe('b');
    expect(await third.caution.alone(request('a', ['/d/1', '/d/2']), async () => 'a')).toBe(null);
    // As a process finds it that begins much later, and after one that has ended as it should.
    const later = new Caution(third.last(), new FakeClock(clock.now() + 2 * hourMs), async () => undefined);
    expect(later.concerns(request('b'))).toBe(false);
    expect(later.concerns(request('a', ['/d/1', '/d/2']))).toBe(true);
    expect(await later.alone(request('a', ['/d/1', '/d/2']), async () => 'a')).toBe('a');
    expect(later.concerns(request('a', ['/d/1', '/d/2']))).toBe(false);
  });

  test('for the group of a file has its other chance after an hour: it is made again and again, and may end the process each time', async () => {
    const clock = new FakeClock();
    const group = { kind: 'group', name: 'g', filePath: '/d/a', metadata: null, kwargs: {} } as const;
    let former = readAsked(null);
    for (let end = 0; end < 2; end += 1) {
      const process = nextProcess(clock, former);
      void process.caution.alone(group, never);
      await turn();
      former = process.last();
    }
    const careful = nextProcess(clock, former);
    for (let time = 0; time < 3; time += 1) expect(await careful.caution.alone(group, async () => 'g')).toBe(null);
    const later = new Caution(careful.last(), new FakeClock(clock.now() + hourMs), async () => undefined);
    expect(await later.alone(group, async () => 'g')).toBe(null);
    expect(await later.alone(group, async () => 'g')).toBe('g');
  });

  test('is asked all the same where nothing can be put on record', async () => {
    const caution = new Caution(readAsked(null), new FakeClock(), () => Promise.reject(new Error('away')));
    expect(await caution.alone(request('a'), async () => 'a')).toBe('a');
  });
});

test.each(['', 'no JSON', '[]', '{"ended":null}'])('a record that is %j tells of nothing', (text) => {
  expect(readAsked(text)).toEqual({ asked: null, ended: {}, carefulUntil: 0 });
});

test('a record does not grow without end', () => {
  const ended = Object.fromEntries(Array.from({ length: 1500 }, (_, i) => [`key ${i}`, 1]));
  const next = afterAnEnd({ asked: 'last', ended, carefulUntil: 0 }, 1);
  expect([Object.keys(next.ended).length, next.ended['last']]).toEqual([1000, 1]);
});
