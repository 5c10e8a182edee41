import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { GroupContext } from '../../machines/file-group/index.ts';
import { isLoopback, parseListen } from '../../src/config/http.ts';
import type { ColumnType } from '../../src/core/index.ts';
import { column, defineFileModel } from '../../src/plugin/index.ts';
import type { Step } from '../../src/service/serve.ts';
import { Cached } from '../../src/web/cached.ts';
import { StepTally } from '../../src/web/counts.ts';
import { readMark, writeMark } from '../../src/web/marks.ts';
import { LiveHub } from '../../src/web/live.ts';
import { Metrics } from '../../src/web/metrics.ts';
import { ObservedService } from '../../src/web/observed.ts';
import { searchForm, searchQuery } from '../../src/web/search.ts';
import { minutesBefore, Throughput } from '../../src/web/throughput.ts';
import { readToken } from '../../src/config/token.ts';
import { bearsToken } from '../../src/web/token.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { useTemp } from '../support/temp.ts';
import { pulseOf } from '../support/web-app.ts';

describe('[http] listen', () => {
  it.each([
    ['127.0.0.1:9464', { host: '127.0.0.1', port: 9464 }, true],
    ['localhost:80', { host: 'localhost', port: 80 }, true],
    ['[::1]:9464', { host: '::1', port: 9464 }, true],
    ['127.8.9.1:1', { host: '127.8.9.1', port: 1 }, true],
    ['0.0.0.0:9464', { host: '0.0.0.0', port: 9464 }, false],
    ['[::]:9464', { host: '::', port: 9464 }, false],
    ['archive.example.org:9464', { host: 'archive.example.org', port: 9464 }, false],
    ['127.0.0.1.example.org:9464', { host: '127.0.0.1.example.org', port: 9464 }, false],
  ])('%s', (text, listen, loopback) => {
    expect(parseListen(text)).toEqual(listen);
    expect(isLoopback(listen.host)).toBe(loopback);
  });

  it.each(['9464', ':9464', '127.0.0.1', '127.0.0.1:65536', '127.0.0.1:x', 'http://127.0.0.1:9464', '::1:9464'])(
    '%s is none',
    (text) => expect(parseListen(text)).toBeNull(),
  );
});

describe('the token', () => {
  const temp = useTemp();

  it('is read without what surrounds it', async () => {
    await writeFile(join(temp(), 'token'), ' 0123456789abcdef\n');
    expect(await readToken(join(temp(), 'token'))).toBe('0123456789abcdef');
  });

  it.each([
    ['is missing', null, 'does not exist'],
    ['is empty', '', 'shorter than 16'],
    ['is short', 'secret', 'shorter than 16'],
    ['is two words', 'one secret and another', 'contains a space'],
    ['cannot be sent', 'schlüssel-schlüssel', 'only ASCII'],
    ['ends with what is not seen', '0123456789abcdef\u200B', 'only ASCII'],
  ])('is refused when it %s', async (_, content, why) => {
    const path = join(temp(), 'token');
    if (content !== null) await writeFile(path, content);
    await expect(readToken(path)).rejects.toMatchObject({
      code: 'TOKEN_UNREADABLE',
      message: expect.stringContaining(why),
    });
  });

  it('is not to be written where something else than a file is', async () => {
    await expect(readToken(temp())).rejects.toMatchObject({
      code: 'TOKEN_UNREADABLE',
      message: expect.stringMatching(/is a directory$/),
      remedy: expect.stringContaining('must be a file'),
    });
  });

  it('must be borne as it is', () => {
    expect(bearsToken('Bearer 0123456789abcdef', '0123456789abcdef')).toBe(true);
    for (const wrong of [
      undefined,
      '',
      'Bearer',
      'Bearer x',
      'Basic 0123456789abcdef',
      '0123456789abcdef',
      'Bearer 0123456789abcdeF',
    ]) {
      expect(bearsToken(wrong, '0123456789abcdef'), `at ${wrong}`).toBe(false);
    }
  });
});

function contextOf(archivedAt: number | null, ctimeMs = 1000, verdict = 'passed'): GroupContext {
  const archived = archivedAt === null ? null : { path: '/a', sha256: '', sizeBytes: 70, at: archivedAt, source: {} };
  // Only what is counted.
  return {
    watchName: 'w',
    components: { '/d': { path: '/d', identity: { ctimeMs }, archived, verdict } },
  } as unknown as GroupContext;
}

function step(change: Partial<Step>): Step {
  return {
    from: 'assessing',
    to: 'deciding',
    at: 5000,
    heldMs: 20,
    before: contextOf(null),
    after: contextOf(null),
    ...change,
  };
}

describe('counting steps', () => {
  it('counts transitions, how long states were held, bytes and lag', () => {
    const tally = new StepTally();
    tally.note(step({ from: null, to: 'assessing', heldMs: null, before: null }));
    tally.note(step({}));
    tally.note(step({}));
    tally.note(step({ from: 'transferring', to: 'archived', heldMs: 500, at: 4000, after: contextOf(4000) }));
    // A copy that was there before is not counted again.
    const archived = contextOf(4000);
    tally.note(step({ from: 'transferring', to: 'retryPending', before: archived, after: archived }));
    tally.note(step({ from: 'retryPending', to: 'failed', heldMs: 60_000 }));
    tally.note(step({ from: 'archived', to: 'archived', heldMs: 1 }));
    expect(tally.take()).toMatchObject({
      transitions: expect.arrayContaining([
        { from: 'none', to: 'assessing', count: 1 },
        { from: 'assessing', to: 'deciding', count: 2 },
        { from: 'archived', to: 'archived', count: 1 },
      ]),
      held: { assessing: [0.02, 0.02], transferring: [0.5, 0.02], retry_pending: [60] },
      watches: { w: { files: 1, bytes: 70, retries: 1, failures: { failed: 1 }, lags: [3] } },
    });
    expect(tally.take()).toBeNull();
  });

  it('counts a group that waits with a file that failed its checks, once', () => {
    const tally = new StepTally();
    const [sound, refused] = [contextOf(null), contextOf(null, 1000, 'failed')];
    tally.note(step({ from: 'assessing', to: 'waiting', before: sound, after: refused }));
    tally.note(step({ from: 'assessing', to: 'waiting', before: refused, after: refused }));
    tally.note(step({ from: 'assessing', to: 'waiting', before: sound, after: sound }));
    expect(tally.take()?.watches['w']?.failures).toEqual({ integrity_failed: 1 });
  });
});

describe('the throughput', () => {
  it('has a place for each of the last sixty minutes', () => {
    const throughput = new Throughput();
    const now = 100 * 60_000;
    throughput.add('w', now - 61 * 60_000, 5);
    throughput.add('w', now - 59 * 60_000, 2);
    throughput.add('w', now, 3);
    const minutes = throughput.perMinute('w', now);
    expect(minutes).toHaveLength(60);
    expect([minutes[0], minutes[59]]).toEqual([2, 3]);
    expect(minutes.reduce((sum, one) => sum + one, 0)).toBe(5);
    expect(throughput.perMinute('w', now + 30 * 60_000)[29]).toBe(3);
    expect(throughput.lag('w')).toBeNull();
  });

  it('is read by the minutes that it has a place for, the last of them not over', () => {
    const now = 100 * 60_000 + 1000;
    const minutes = minutesBefore(now);
    expect(minutes).toHaveLength(60);
    expect([minutes[0], minutes[1], minutes[59]]).toEqual([
      [41 * 60_000, 42 * 60_000],
      [42 * 60_000, 43 * 60_000],
      [100 * 60_000, now],
    ]);
  });
});

describe('the health', () => {
  it('follows what the service says of itself', () => {
    const service = new ObservedService(pulseOf());
    expect([service.stuck, service.unready]).toEqual([null, null]);
    service.hear(pulseOf({ isReady: false }));
    expect([service.stuck, service.unready]).toEqual([null, 'the first reconciliation is not over']);
    service.hear(pulseOf({ isStopping: true }));
    expect(service.unready).toBe('the service is stopping');
    service.hear(pulseOf({ sinceLookMs: 61_000 }));
    expect(service.stuck).toMatch(/^no deadline has been looked at for 61 s/);
    expect(service.unready).toBe(service.stuck);
  });

  it('fails when the service does not speak any more', () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    try {
      const service = new ObservedService(pulseOf());
      vi.advanceTimersByTime(14_000);
      expect(service.stuck).toBeNull();
      vi.advanceTimersByTime(2000);
      expect(service.stuck).toBe('the service has not been heard of for 16 s');
      service.hear(pulseOf());
      expect(service.stuck).toBeNull();
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('the metrics', () => {
  it('do not wait for a database that keeps silent until whoever asks has gone', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const text = new Metrics(new ObservedService(pulseOf()), '1.2.3', () => new Promise(() => undefined)).text();
    await vi.advanceTimersByTimeAsync(5000);
    expect(await text).toMatch(/^carbonation_database_up 0$/m);
    expect(await text).toContain('carbonation_progressing 1');
  });

  it('tell of groups and files that stand still, which no step and no failure does', async () => {
    const well = {
      health: 'watching',
      reason: null,
      lastFileAt: null,
      isHeldBack: false,
      ungrouped: null,
      stuck: null,
    };
    const still = {
      ...well,
      ungrouped: { files: 2, path: '/in/a', reason: 'x' },
      stuck: { groups: 3, groupKey: 'b', reason: '/archive does not answer' },
    };
    const service = new ObservedService(pulseOf({ watches: { well, still } }));
    const text = await new Metrics(service, '1.2.3', () => Promise.reject(new Error('away'))).text();
    expect(text.split('\n').filter((line) => /^carbonation_(stuck_groups|ungrouped_files)\{/.test(line))).toEqual([
      'carbonation_stuck_groups{watch="well"} 0',
      'carbonation_stuck_groups{watch="still"} 3',
      'carbonation_ungrouped_files{watch="well"} 0',
      'carbonation_ungrouped_files{watch="still"} 2',
    ]);
  });
});

describe('a shared reading', () => {
  it('is made once for all who ask at a time, and anew when it is old', async () => {
    let readings = 0;
    const cached = new Cached(async () => (readings += 1), 50);
    expect(await Promise.all([cached.get(), cached.get(), cached.get()])).toEqual([1, 1, 1]);
    expect(await cached.get()).toBe(1);
    await vi.waitFor(async () => expect(await cached.get()).toBe(2));
  });

  it('that fails is made again', async () => {
    let readings = 0;
    const cached = new Cached(async () => {
      readings += 1;
      if (readings === 1) throw new Error('away');
      return readings;
    }, 50);
    await expect(cached.get()).rejects.toThrow('away');
    expect(await cached.get()).toBe(2);
  });
});

describe('the mark of a page', () => {
  const of = (type: ColumnType) => ({ name: 'a_column', type, nullable: true });

  it.each([
    ['text', 'größe'],
    ['float', 12.5],
    ['bigint', '9007199254740993'],
    ['datetime', 1_700_000_000_000],
    ['datetime', null],
    ['boolean', true],
  ] as const)('has a %s: %o', (type, value) => {
    expect(readMark(writeMark({ id: 7, value }), of(type))).toEqual({ id: 7, value });
  });

  it.each(['', 'x', 'bnVsbA', writeMark({ id: 1.5, value: 'x' }), Buffer.from('[1,{}]').toString('base64url')])(
    'is not %s',
    (text) => expect(() => readMark(text, of('text'))).toThrow('the page that was asked for is unknown'),
  );
});

describe('a search by a column that is called like a parameter of the search', () => {
  const { columns } = defineFileModel({ order: column.text(), columns: column.boolean(), after: column.integer() });

  it.each([
    ['column-order=x%25', { kind: 'any', patterns: ['x%'] }],
    ['column-columns=true', { kind: 'any', values: [true] }],
    ['column-after=7', { kind: 'any', values: [7] }],
    ['after_min=7', { kind: 'min', value: 7 }],
  ])('is asked for by %s, beside the order and the columns', (asked, condition) => {
    const params = new URLSearchParams(`${asked}&order=-order&columns=columns,after`);
    expect(searchQuery(params, columns, 0)).toMatchObject({
      conditions: [condition],
      orderBy: { name: 'order' },
      descending: true,
      columns: [{ name: 'columns' }, { name: 'after' }],
    });
    expect(searchForm(columns, []).filters.map(({ key }) => key)).toContain(asked.split('=')[0]);
  });
});

describe('the pages that listen', () => {
  const texts = (told: IteratorResult<string, undefined>) => told.value?.split('\n').slice(0, 2);

  it('are told each word that they wait for, and of those that they do not only the latest', async () => {
    const hub = new LiveHub(new FakeClock());
    const letGo = vi.fn<() => void>();
    const page = hub.listen('1', letGo);
    // It has not begun to take anything.
    expect(hub.isEmpty).toBe(true);
    expect(texts(await page.next())).toEqual(['event: now', 'data: 1']);
    const waiting = page.next();
    for (const word of ['2', '3', '4']) hub.tell('now', word);
    hub.tell('failure', '5');
    expect(texts(await waiting)).toEqual(['event: now', 'data: 2']);
    expect(texts(await page.next())).toEqual(['event: failure', 'data: 5']);
    const last = page.next();
    await page.return?.();
    expect(await last).toEqual({ done: true, value: undefined });
    expect({ isEmpty: hub.isEmpty, lettings: letGo.mock.calls }).toEqual({ isEmpty: true, lettings: [] });
  });

  it('are let go when they leave news for more than a minute, not when there is none', async () => {
    const clock = new FakeClock();
    const hub = new LiveHub(clock);
    const letGo = vi.fn<() => void>();
    const page = hub.listen('1', letGo);
    await page.next();
    const waiting = page.next();
    await clock.advance(300_000);
    hub.tell('now', '2');
    await waiting;
    for (const word of ['3', '4', '5']) {
      await clock.advance(40_000);
      hub.tell('now', word);
      if (word === '3') await page.next();
    }
    expect({ isEmpty: hub.isEmpty, lettings: letGo.mock.calls.length }).toEqual({ isEmpty: false, lettings: 0 });
    await clock.advance(40_000);
    hub.tell('now', '6');
    expect({ isEmpty: hub.isEmpty, lettings: letGo.mock.calls.length }).toEqual({ isEmpty: true, lettings: 1 });
    expect(await page.next()).toEqual({ done: true, value: undefined });
  });
});
