import { pathToFileURL } from 'node:url';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { CarbonationError } from '../../src/errors/index.ts';
import { PluginPool, type CallRequest } from '../../src/workers/index.ts';
import { thrownAt } from '../../src/workers/thrown-at.ts';

const directory = join(import.meta.dirname, '../fixtures/misbehaving-plugin');
const location = { name: 'misbehaving-plugin', url: pathToFileURL(join(directory, 'index.ts')).href, directory };

const timeoutMs = 200;

let pool: PluginPool;
beforeAll(() => {
  // One thread, so that the requests of a test share their messages and whatever happens to the thread.
  pool = new PluginPool(1, location, timeoutMs);
});
afterAll(() => pool.close());

function extract(name: string) {
  return pool.extract({ name, files: ['/d/a', '/d/b'], watchName: 'w', fileType: null, groupKey: 'k' });
}

/** What the extractors answer to requests of one batch: the text, or the code of the failure. */
async function together(...names: readonly string[]): Promise<readonly unknown[]> {
  const outcomes = await Promise.allSettled(names.map(extract));
  return outcomes.map((outcome) =>
    outcome.status === 'fulfilled' ? outcome.value['text'] : (outcome.reason as CarbonationError).code,
  );
}

const call = (kind: CallRequest['kind'], name: string, changes: Partial<CallRequest> = {}) =>
  pool.call({ kind, name, filePath: null, metadata: null, kwargs: {}, ...changes });

const good = 'w||k|/d/a|/d/b';

describe('an extractor', () => {
  test('is told the group and its files, and its values come back as they are stored', async () => {
    expect(await extract('good')).toEqual({ text: good });
    expect(await extract('typed')).toEqual({ start: '2026-01-02T00:00:00.000Z', big: '12345678901234567' });
  });

  test('that is slow has the time it is given', async () => {
    expect(await together('slow', 'slow', 'slow', 'slow')).toEqual(['slow', 'slow', 'slow', 'slow']);
  });

  test('that is slow has its time also where that is more than a timer takes', async () => {
    const patient = new PluginPool(1, location, 365 * 86_400_000);
    const group = { name: 'slow', files: ['/d/a'], watchName: 'w', fileType: null, groupKey: 'k' };
    try {
      expect(await patient.extract(group)).toEqual({ text: 'slow' });
    } finally {
      await patient.close();
    }
  });

  test.each([
    ['throws', 'EXTRACT_FAILED', 'throws: first line second line'],
    ['throwsText', 'EXTRACT_FAILED', 'throwsText: only a text'],
    ['throwsObject', 'EXTRACT_FAILED', "throwsObject: { problem: 'no header', toString: null }"],
    ['throwsNumber', 'EXTRACT_FAILED', 'throwsNumber: 404'],
    ['throwsCause', 'EXTRACT_FAILED', 'throwsCause: fetch failed; cause: connect ECONNREFUSED (index.ts:'],
    ['throwsLibrary', 'EXTRACT_FAILED', 'throwsLibrary: there is no other.toml (index.ts:'],
    ['throwsUnreadable', 'EXTRACT_FAILED', 'throwsUnreadable: it threw what cannot be read'],
    ['wrong', 'EXTRACT_INVALID', 'unknown'],
    ['nothing', 'EXTRACT_INVALID', 'null'],
    ['never', 'EXTRACT_TIMEOUT', '0.2 s'],
    ['throwsLater', 'EXTRACT_FAILED', 'thrown later'],
    ['toString', 'EXTRACT_FAILED', 'no function "toString"'],
  ])('that %s fails with %s and says why', async (name, code, message) => {
    await expect(extract(name)).rejects.toMatchObject({
      code: code === 'EXTRACT_FAILED' && name === 'toString' ? 'PLUGIN_FUNCTION_FAILED' : code,
      message: expect.stringContaining(message),
    });
  });

  test.each(['throws', 'throwsLater', 'throwsInside'])('that %s is told where in the plugin that was', async (name) => {
    await expect(extract(name)).rejects.toThrow(/ \(index\.ts:\d+:\d+\)$/);
  });

  test('with wrong values is told all of them', async () => {
    await expect(extract('wrong')).rejects.toHaveProperty('details.length', 4);
  });

  test('sees the signal when its time is over', async () => {
    await expect(extract('aborted')).rejects.toMatchObject({
      code: expect.stringMatching(/^EXTRACT_(TIMEOUT|FAILED)$/),
    });
  });

  test('that ends its thread fails alone', async () => {
    expect(await together('good', 'exits', 'good', 'slow')).toEqual([good, 'EXTRACT_CRASHED', good, 'slow']);
  });

  test('that loops for ever is ended, and fails alone', async () => {
    expect(await together('good', 'forever', 'good')).toEqual([good, 'EXTRACT_TIMEOUT', good]);
  });

  test('that never answers does not hold up the others for longer than its time', async () => {
    expect(await together('never', 'good', 'throws', 'good')).toEqual([
      'EXTRACT_TIMEOUT',
      good,
      'EXTRACT_FAILED',
      good,
    ]);
  });

  test('that throws after it has answered harms no one, least of all whoever comes next', async () => {
    expect(await together('throwsAfterwards', 'slow', 'slow')).toEqual(['answered', 'slow', 'slow']);
    expect(await together('rejectsAfterwards', 'slow')).toEqual(['answered', 'slow']);
    expect(await together('throwsAfterwards')).toEqual(['answered']);
    expect(await together('slow', 'good')).toEqual(['slow', good]);
  });

  test('that ends two threads of one message costs two answers', async () => {
    expect(await together('exits', 'good', 'forever', 'exits', 'good')).toEqual([
      'EXTRACT_CRASHED',
      good,
      'EXTRACT_TIMEOUT',
      'EXTRACT_CRASHED',
      good,
    ]);
  });
});

describe('where an error was thrown', () => {
  const stackOf = (...frames: readonly string[]) => {
    const error = new Error('two\n    at lines (/plugin/forged.js:1:1)');
    error.stack = `Error: ${error.message}\n${frames.map((frame) => `    at ${frame}`).join('\n')}`;
    return error;
  };

  test.each([
    [['f (file:///plugin/src/a.ts:12:9)', 'g (file:///plugin/src/b.ts:1:1)'], 'src/a.ts:12:9'],
    [['file:///plugin/a.ts:1:2'], 'a.ts:1:2'],
    [['async Object.<anonymous> (/plugin/a.cjs:1:2)'], 'a.cjs:1:2'],
    [['JSON.parse (<anonymous>)', 'open (node:fs:1:2)', 'f (file:///plugin/a.ts:3:4)'], 'a.ts:3:4'],
    [['f (file:///plugin/node_modules/lib/index.js:1:2)', 'g (file:///plugin/a.ts:3:4)'], 'a.ts:3:4'],
    [['f (file:///plugin-b/a.ts:1:2)', 'g (/other/plugin/a.ts:1:2)'], null],
    [[], null],
  ])('%j: %s', (frames, at) => {
    expect(thrownAt(stackOf(...frames), '/plugin')).toBe(at);
  });

  test('is unknown of what is no error', () => {
    expect(thrownAt('    at f (/plugin/a.js:1:2)', '/plugin')).toBe(null);
  });
});

describe('more requests than a message holds', () => {
  test('are all answered, each with its own answer', async () => {
    const keys = Array.from({ length: 100 }, (_, i) => `${i}`);
    const answers = await Promise.all(
      keys.map((groupKey) => pool.extract({ name: 'good', files: [], watchName: 'w', fileType: 't', groupKey })),
    );
    expect(answers.map(({ text }) => text)).toEqual(keys.map((key) => `w|t|${key}`));
  });
});

describe('a plugin function', () => {
  const metadata = { start: '2026-01-02T00:00:00.000Z', big: '12345678901234567', text: 'a' };

  test('groups by the file’s path, or leaves it alone', async () => {
    expect(await call('group', 'stem', { filePath: '/d/x.y.z' })).toBe('x');
    expect(await call('group', 'none', { filePath: '/d/x' })).toBe(null);
  });

  test.each([
    ['', 'stem returned a group key that is empty; a file that is a group by itself has null'],
    ['x'.repeat(4096), 'stem returned a group key that has 4096 bytes; a key has at most 4095'],
    ['a\0b', 'stem returned a group key that contains a NUL character, which databases cannot store'],
  ])('that makes a key which not every database holds is refused', async (key, message) => {
    const filePath = `/d/${key}.z`;
    await expect(call('group', 'stem', { filePath })).rejects.toMatchObject({
      code: 'PLUGIN_FUNCTION_FAILED',
      message,
    });
  });

  test('selects by the metadata with their own types, and by the rule’s arguments', async () => {
    const before = (time: number) => call('select', 'early', { metadata, kwargs: { before: time } });
    expect(await before(Date.UTC(2027, 0))).toBe(true);
    expect(await before(Date.UTC(2025, 0))).toBe(false);
    expect(await call('select', 'big', { metadata })).toBe(true);
  });

  test('routes to an archive, or to the next rule', async () => {
    expect(await call('route', 'byText', { metadata })).toBe('archive a');
    expect(await call('route', 'byText', { metadata: { text: 'b' } })).toBe(null);
  });

  test('checks a file, and may give the reason', async () => {
    expect(await call('integrity', 'sound', { filePath: '/d/a.ok', kwargs: { ending: '.ok' } })).toBe(true);
    expect(await call('integrity', 'sound', { filePath: '/d/a', kwargs: { ending: '.ok' } })).toBe(false);
    expect(await call('integrity', 'reason', { filePath: '/d/a' })).toBe('the reason');
  });

  test.each([
    ['group', 'wrong'],
    ['select', 'wrong'],
    ['integrity', 'wrong'],
    ['select', 'throws'],
    ['select', 'unknown'],
    ['route', '__proto__'],
  ] as const)('of kind %s that is %s fails', async (kind, name) => {
    await expect(call(kind, name, { filePath: '/d/a' })).rejects.toMatchObject({ code: 'PLUGIN_FUNCTION_FAILED' });
  });

  test('that returns what it may not is told what it must return', async () => {
    await expect(call('select', 'wrong')).rejects.toThrow(/^wrong returned .+; it must return true or false$/);
  });

  test.each(['group', 'route'] as const)(
    'of kind %s that forgets to return has failed, as checkPlugin says',
    async (kind) => {
      await expect(call(kind, 'nothing', { filePath: '/d/a' })).rejects.toMatchObject({
        code: 'PLUGIN_FUNCTION_FAILED',
        message: 'nothing returned undefined; it must return a text or null',
      });
    },
  );

  test('that throws is told where in the plugin that was', async () => {
    await expect(call('select', 'throws')).rejects.toThrow(/^throws: no selection \(index\.ts:\d+:\d+\)$/);
  });

  test('that throws an error of the library has failed by itself, as with any other', async () => {
    await expect(call('select', 'throwsLibrary')).rejects.toMatchObject({
      code: 'PLUGIN_FUNCTION_FAILED',
      message: expect.stringMatching(/^throwsLibrary: no database \(index\.ts:/),
    });
  });

  test('that loops for ever is ended, and those beside it are answered', async () => {
    const outcomes = await Promise.allSettled([call('select', 'forever'), call('route', 'byText', { metadata })]);
    expect(outcomes).toMatchObject([
      { status: 'rejected', reason: { code: 'EXTRACT_TIMEOUT' } },
      { status: 'fulfilled', value: 'archive a' },
    ]);
  });
});

describe('the threads of a plugin', () => {
  test('that cannot be loaded answer every request with the reason', async () => {
    const broken = new PluginPool(1, { ...location, url: `${location.url}x` }, timeoutMs);
    const ask = () => broken.extract({ name: 'good', files: [], watchName: 'w', fileType: null, groupKey: 'k' });
    const outcomes = await Promise.allSettled([ask(), ask(), ask()]);
    for (const outcome of outcomes) expect(outcome).toMatchObject({ reason: { code: 'WORKER_CRASHED' } });
    await broken.close();
  });

  test('that have been stopped say so, also to those that wait', async () => {
    const closing = new PluginPool(1, location, 60_000);
    const ask = (name: string) => closing.extract({ name, files: [], watchName: 'w', fileType: null, groupKey: 'k' });
    const waiting = Promise.allSettled([ask('never'), ask('good')]);
    await new Promise((resolve) => setImmediate(resolve));
    await closing.close();
    for (const outcome of await waiting) expect(outcome).toMatchObject({ reason: { code: 'POOL_CLOSED' } });
    await expect(ask('good')).rejects.toMatchObject({ code: 'POOL_CLOSED' });
  });
});
