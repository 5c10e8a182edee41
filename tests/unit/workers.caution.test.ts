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

  test('is of no concern until the year that a clock showed which was ahead when the process before had ended', () => {
    const clock = new FakeClock();
    const begun = afterAnEnd(readAsked(null), clock.now());
    clock.jump(-hourMs);
    expect(new Caution(begun, clock, async () => undefined).concerns(request('a'))).toBe(false);
  });

  test('is on record before it is asked, beside others, and no longer once all are answered', async () => {
    const { caution, records } = nextProcess(new FakeClock(), readAsked(null));
    const seen = new Map<string, number>();
    const asked = (name: string) => async () => {
      seen.set(name, records.at(-1)?.asked.length ?? 0);
      await turn();
      return name;
    };
    const answers = await Promise.all([
      caution.ask(request('a'), asked('a')),
      caution.ask(request('b'), () => Promise.reject(new Error('b'))).catch(String),
      caution.ask(request('c'), asked('c')),
    ]);
    expect(answers).toEqual(['a', 'Error: b', 'c']);
    expect([...seen]).toEqual([
      ['a', 3],
      ['c', 3],
    ]);
    // Each commit costs a turn of the disk: who comes at once shares one.
    expect(records.map((record) => record.asked.length)).toEqual([3, 0]);
  });

  test('is not overtaken on its way to the record by what comes later', async () => {
    const writes: { readonly asked: number; readonly done: () => void }[] = [];
    const caution = new Caution(afterAnEnd(readAsked(null), 0), new FakeClock(0), (record) => {
      return new Promise((done) => writes.push({ asked: record.asked.length, done }));
    });
    const begun: string[] = [];
    const ask = (name: string) => caution.ask(request(name), async () => begun.push(name));
    void ask('a');
    await turn();
    void ask('b');
    void ask('c');
    await turn();
    expect([writes.map(({ asked }) => asked), begun]).toEqual([[1], []]);
    writes[0]?.done();
    await turn();
    expect([writes.map(({ asked }) => asked), begun]).toEqual([[1, 3], ['a']]);
    writes[1]?.done();
    await turn();
    expect(begun).toEqual(['a', 'b', 'c']);
  });

  test('at which a process ended is asked when no other one is: it is known then which of them ends the next', async () => {
    const clock = new FakeClock();
    const first = nextProcess(clock, readAsked(null));
    for (const name of ['a', 'b', 'c']) void first.caution.ask(request(name), never);
    await turn();
    const second = nextProcess(clock, first.last());
    const answer = second.caution.ask(request('a'), async () => 'a');
    void second.caution.ask(request('b'), never);
    void second.caution.ask(request('c'), never);
    expect(await answer).toBe('a');
    await turn();
    const third = nextProcess(clock, second.last());
    expect(await third.caution.ask(request('b'), async () => 'b')).toBe(null);
    expect(await third.caution.ask(request('c'), async () => 'c')).toBe('c');
  });

  test('at which the process ends twice in a row is not asked the third time, and then has another chance', async () => {
    const clock = new FakeClock();
    let last = readAsked(null);
    for (let end = 0; end < 2; end += 1) {
      const process = nextProcess(clock, last);
      void process.caution.ask(request('a', end === 0 ? ['/d/1', '/d/2'] : ['/d/2', '/d/1']), never);
      await turn();
      last = process.last();
    }
    const third = nextProcess(clock, last);
    expect(await third.caution.ask(request('b'), async () => 'b')).toBe('b');
    expect(await third.caution.ask(request('a', ['/d/1', '/d/2']), async () => 'a')).toBe(null);
    // As a process finds it that begins much later, and after one that has ended as it should.
    const later = new Caution(third.last(), new FakeClock(clock.now() + 2 * hourMs), async () => undefined);
    expect(later.concerns(request('b'))).toBe(false);
    expect(later.concerns(request('a', ['/d/1', '/d/2']))).toBe(true);
    expect(await later.ask(request('a', ['/d/1', '/d/2']), async () => 'a')).toBe('a');
    expect(later.concerns(request('a', ['/d/1', '/d/2']))).toBe(false);
  });

  test('for the group of a file has its other chance after an hour: it is made again and again, and may end the process each time', async () => {
    const clock = new FakeClock();
    const group = { kind: 'group', name: 'g', filePath: '/d/a', metadata: null, kwargs: {} } as const;
    let former = readAsked(null);
    for (let end = 0; end < 2; end += 1) {
      const process = nextProcess(clock, former);
      void process.caution.ask(group, never);
      await turn();
      former = process.last();
    }
    const careful = nextProcess(clock, former);
    for (let time = 0; time < 3; time += 1) expect(await careful.caution.ask(group, async () => 'g')).toBe(null);
    const later = new Caution(careful.last(), new FakeClock(clock.now() + hourMs), async () => undefined);
    expect(await later.ask(group, async () => 'g')).toBe(null);
    expect(await later.ask(group, async () => 'g')).toBe('g');
  });

  test('is asked all the same where nothing can be put on record', async () => {
    const caution = new Caution(readAsked(null), new FakeClock(), () => Promise.reject(new Error('away')));
    expect(await caution.ask(request('a'), async () => 'a')).toBe('a');
  });
});

test.each(['', 'no JSON', '[]', '{"ended":null}'])('a record that is %j tells of nothing', (text) => {
  expect(readAsked(text)).toEqual({ asked: [], ended: {}, carefulUntil: 0 });
});

test('a record does not grow without end', () => {
  const ended = Object.fromEntries(Array.from({ length: 1500 }, (_, i) => [`key ${i}`, 1]));
  const next = afterAnEnd({ asked: ['last'], ended, carefulUntil: 0 }, 1);
  expect([Object.keys(next.ended).length, next.ended['last']]).toEqual([1000, 1]);
});
