/**
 * Run with `npm test`. An extractor and a rule are plain functions, so a test
 * needs neither carbonation nor a database: write files, call, compare.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { sample } from '../src/extractors.ts';
import { shouldArchive } from '../src/rules.ts';

const context = { watchName: 'my-watch', fileType: null, groupKey: 'a', signal: new AbortController().signal };
const complete = { start: '2024-05-01T00:00:00Z', stop: '2024-05-01T01:00:00Z', category: 'demo', source: 'station' };

let directory = '';

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'my-plugin-'));
});

after(() => rm(directory, { recursive: true }));

/** Writes a group of two files and extracts its metadata. */
async function extract(document: unknown): Promise<unknown> {
  const files = [join(directory, 'a.txt'), join(directory, 'a.json')];
  for (const file of files) await writeFile(file, JSON.stringify(document));
  return sample(files, context);
}

test('reads the metadata from the JSON file of the group', async () => {
  assert.deepEqual(await extract(complete), {
    start: new Date('2024-05-01T00:00:00Z'),
    stop: new Date('2024-05-01T01:00:00Z'),
    category: 'demo',
    source: 'station',
  });
});

test('needs both times, not the texts', async () => {
  const { start: _, ...incomplete } = complete;
  await assert.rejects(extract(incomplete), /a\.json: the field "start" is missing/);
  assert.deepEqual(await extract({ start: complete.start, stop: complete.stop }), {
    start: new Date(complete.start),
    stop: new Date(complete.stop),
    category: null,
    source: null,
  });
});

test('takes a date without an offset for UTC, and refuses what is no date', async () => {
  assert.deepEqual(await extract({ ...complete, stop: '2024-05-01T01:00:00' }), await extract(complete));
  assert.deepEqual(await extract({ ...complete, stop: '2024-05-01 06:30:00.000+0530' }), await extract(complete));
  // A `Date` would read three of them as local time, and two as the 1st of March.
  for (const start of ['2024/05/01', '1 May 2024', 'pass 7', '2023-02-29', '2024-02-30T00:00:00Z', 'yesterday'])
    await assert.rejects(extract({ ...complete, start }), { message: `a.json: "start" is not a date: ${start}` });
});

test('refuses a JSON file that is too large to be metadata, before it is read', async () => {
  await assert.rejects(extract({ ...complete, note: 'x'.repeat(1024 * 1024) }), /a\.json has more than 1048576 bytes/);
});

test('refuses a group without a JSON file', async () => {
  await assert.rejects(async () => sample([join(directory, 'a.txt')], context), /no \.json file among a\.txt/);
});

test('archives what has a start and is not of an unwanted category', () => {
  const metadata = { start: new Date(complete.start), category: 'demo' };
  assert.equal(shouldArchive({ metadata }), true);
  assert.equal(shouldArchive({ metadata, unwanted: ['demo'] }), false);
  assert.equal(shouldArchive({ metadata: { category: 'demo' } }), false);
});
