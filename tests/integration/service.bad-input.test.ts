import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listFiles, shiftedClock, TestProject } from '../support/project.ts';

/** An extractor that does what the delivered JSON's `do` says. */
const troublesome = `
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';

export async function sample(files: string[]) {
  const path = files.find((file) => extname(file) === '.json') ?? '';
  const { do: act, category } = JSON.parse(await readFile(path, 'utf8'));
  if (act === 'throw') throw new Error('the content makes no sense');
  if (act === 'never') return new Promise<never>(() => undefined);
  if (act === 'loop') for (;;);
  if (act === 'exit') process.exit(3);
  if (act === 'late') { setTimeout(() => { throw new Error('thrown later'); }); await new Promise((r) => setTimeout(r, 5000)); }
  if (act === 'type') return { start: 'not a date', category: 7 };
  if (act === 'key') return { colour: 'red' };
  return { start: new Date('2026-01-01T00:00:00Z'), stop: new Date('2026-01-01T01:00:00Z'), category, source: null };
}
`;

/** Checks of files, by what is in them. */
const checking = `
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { definePlugin } from 'carbonation';
import { File } from './model.ts';

export default definePlugin({
  fileModel: File,
  integrityFunctions: {
    blank: async ({ filePath }) => (await readFile(filePath, 'utf8')).trim() !== '',
    whole: async ({ filePath, last }) =>
      (await readFile(filePath, 'utf8')).endsWith(String(last)) ? true : 'it ends too early',
    silent: async ({ filePath }) => (await readFile(filePath, 'utf8')).startsWith('?') ? '' : true,
    known: async ({ filePath }) => (await readFile(join(filePath, '../../known'), 'utf8')).includes('yes'),
    counted: () => 5,
  },
  migrationsPath: join(import.meta.dirname, '..', 'migrations'),
});
`;

/**
 * A plugin whose modules cannot be loaded by a thread as long as there is a file `broken`, as while it is being replaced; and whose
 * functions end it as long as there is a file `fatal`, as where memory is full.
 */
const replaced = `
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { definePlugin } from 'carbonation';
import { File } from './model.ts';

const isThere = (name: string) => existsSync(join(import.meta.dirname, '../..', name));
if (!isMainThread && isThere('broken')) throw new Error('half of a module');
const answer = (value) => (isThere('fatal') ? process.exit(3) : isThere('slow') ? new Promise(() => {}) : value);

export default definePlugin({
  fileModel: File,
  selectionFunctions: { all: () => answer(true) },
  routingFunctions: { there: () => answer('there') },
  migrationsPath: join(import.meta.dirname, '..', 'migrations'),
});
`;

async function states(project: TestProject): Promise<Readonly<Record<string, unknown>>> {
  const rows = await project.rows('select group_key, state from files');
  return Object.fromEntries(rows.map(({ group_key, state }) => [String(group_key), state]));
}

async function reasons(project: TestProject): Promise<Readonly<Record<string, string>>> {
  const rows = await project.rows('select group_key, reason from files');
  return Object.fromEntries(rows.map(({ group_key, reason }) => [String(group_key), String(reason)]));
}

describe('bad input', () => {
  it('a troublesome extractor costs its own group only, and each gets its reason', async () => {
    const project = await TestProject.create({
      extractors: troublesome,
      config: (text) => text.replace('[service]', '[service]\nextract_timeout = "1s"\nworkers = 2'),
    });
    for (const act of ['throw', 'never', 'loop', 'exit', 'late', 'type', 'key']) {
      await project.deliver(`${act}.json`, JSON.stringify({ do: act, category: 'alpha' }));
      await project.deliver(`${act}.txt`, 'some text here');
    }
    for (let i = 0; i < 20; i += 1) {
      await project.deliver(`good${i}.json`, JSON.stringify({ do: 'nothing', category: 'alpha' }));
      await project.deliver(`good${i}.txt`, 'some text here');
    }
    const report = await project.runOnce();
    expect(report.archived).toBe(20);
    expect(await project.archived()).toHaveLength(40);
    const found = await states(project);
    for (const act of ['throw', 'never', 'loop', 'exit', 'late', 'type', 'key'])
      expect(found[act]).toBe('retry_pending');
    const why = await reasons(project);
    expect(why['throw']).toContain('the content makes no sense');
    expect(why['never']).toContain('1 s');
    expect(why['loop']).toContain('1 s');
    expect(why['exit']).toContain('ended its thread');
    expect(why['type']).toContain('start');
    expect(why['key']).toContain('colour');
  }, 60_000);

  it('metadata never leads out of the archive', async () => {
    const project = await TestProject.create();
    await project.deliverGroup('up', { category: '../..' });
    await project.deliverGroup('root', { category: '/tmp/elsewhere' });
    await project.deliverGroup('none', { source: null });
    await project.edit('rules.toml', (text) => text.replace('has_keys = ["category"]', 'has_keys = ["start"]'));
    await project.deliverGroup('empty', { category: null });
    const report = await project.runOnce();
    expect(await states(project)).toEqual({ up: 'failed', root: 'failed', none: 'archived', empty: 'failed' });
    expect((await reasons(project))['up']).toContain('category');
    expect((await reasons(project))['empty']).toContain('category');
    expect(report.failed).toBe(3);
    expect(await project.archived()).toEqual(['alpha/20260101/none.json', 'alpha/20260101/none.txt']);
    expect((await readdir(project.directory)).toSorted()).toEqual(
      expect.arrayContaining(['archive', 'config.toml', 'delivery', 'my_plugin', 'rules.toml']),
    );
  });

  it('FIFOs and directories are never opened; a symbolic link fails with that reason', async () => {
    const project = await TestProject.create();
    execFileSync('mkfifo', [project.path('delivery/a.txt')]);
    await mkdir(project.path('delivery/b.json'));
    await writeFile(project.path('outside.txt'), 'not delivered at all');
    await symlink(project.path('outside.txt'), project.path('delivery/c.txt'));
    await project.deliver(
      'c.json',
      JSON.stringify({ start: '2026-01-01T00:00:00Z', stop: '2026-01-01T01:00:00Z', category: 'x' }),
    );
    const report = await project.runOnce();
    expect(report.outcome).toBe('stopped');
    const rows = await project.rows('select filename, status, error_message from file_components order by filename');
    expect(rows).toEqual([
      { filename: 'c.json', status: 'waiting', error_message: null },
      { filename: 'c.txt', status: 'integrity_failed', error_message: 'symbolic link' },
    ]);
    expect(await project.archived()).toEqual([]);
  });

  it('follows symbolic links where the watch says so, and archives the file, not the link', async () => {
    const project = await TestProject.create({
      config: (text) => text.replace('settle_seconds = 0.05', 'settle_seconds = 0.05\nfollow_symlinks = true'),
    });
    await project.deliverGroup('a');
    await rename(project.path('delivery/a.txt'), project.path('elsewhere.txt'));
    await symlink(project.path('elsewhere.txt'), project.path('delivery/a.txt'));
    expect((await project.runOnce()).archived).toBe(1);
    expect(await readFile(project.path('archive/alpha/20260101/a.txt'), 'utf8')).toBe('the text of a');
  });

  it('names of 255 bytes, with newline, quote, backslash and emoji are archived as they are', async () => {
    const project = await TestProject.create();
    const stems = [
      'x'.repeat(250),
      'new\nline',
      `quo'te"s`,
      'back\\slash',
      '🛰️ pass é',
      ' space ',
      '%s {category} $HOME',
    ];
    for (const stem of stems) await project.deliverGroup(stem, { source: 'station' });
    const report = await project.runOnce();
    expect(report).toMatchObject({ archived: stems.length, failed: 0 });
    const expected = stems.flatMap((stem) => [`alpha/20260101/${stem}.json`, `alpha/20260101/${stem}.txt`]);
    expect(await project.archived()).toEqual(expected.toSorted());
  });

  it('a re-delivered name of 255 bytes gets a number that fits', async () => {
    const project = await TestProject.create();
    const stem = 'y'.repeat(250);
    await project.deliverGroup(stem);
    await project.runOnce();
    await project.deliver(`${stem}.txt`, 'another text, as long as it must be');
    expect((await project.runOnce()).archived).toBe(1);
    const names = await project.archived();
    expect(names).toHaveLength(3);
    for (const name of names) expect(Buffer.byteLength(name.split('/').at(-1) ?? '')).toBeLessThanOrEqual(255);
  });

  it('a name that is not UTF-8 is reported and left where it is', async () => {
    const project = await TestProject.create();
    const path = Buffer.concat([
      Buffer.from(`${project.path('delivery')}/`),
      Buffer.from([0x61, 0xff]),
      Buffer.from('.txt'),
    ]);
    await writeFile(path, 'some text here');
    await project.deliverGroup('good');
    const report = await project.runOnce();
    expect(report.archived).toBe(1);
    expect(report.log.lines.join('\n')).toContain('not UTF-8');
    expect(await readdir(project.path('delivery'), 'buffer')).toHaveLength(3);
  });

  it('an empty file fails its integrity check and is archived once it has grown', async () => {
    const project = await TestProject.create();
    await project.deliverGroup('a', {}, '');
    expect((await project.runOnce()).archived).toBe(0);
    const failed = await project.rows("select status, error_message from file_components where filename = 'a.txt'");
    expect(failed).toEqual([{ status: 'integrity_failed', error_message: 'size 0 is below min_size 10' }]);
    await writeFile(project.path('delivery/a.txt'), 'now there is enough of it');
    expect((await project.runOnce()).archived).toBe(1);
  });

  it('a file that a check of the plugin refuses says why, and is archived once it is as it should be', async () => {
    const check = (name: string, kwargs = '') =>
      `[[my-rules.integrity]]\ntype = "plugin"\nfunction = "${name}"\n${kwargs}\n`;
    const project = await TestProject.create({
      plugin: checking,
      rules: () =>
        `[my-rules]\narchive = "my-archive"\n${check('blank')}${check('silent')}${check('whole', 'kwargs = { last = "." }')}`,
      config: (text) => text.replace(/^destination = .*$/m, 'destination = "{watch_name}"'),
    });
    const contents = { 'a.txt': 'All of it.', 'b.txt': 'Half of', 'c.txt': ' ', 'd.txt': '? of it.' };
    for (const [name, content] of Object.entries(contents)) await project.deliver(name, content);
    await project.runOnce();
    expect(await project.rows('select filename, status, error_message from file_components order by filename')).toEqual(
      [
        { filename: 'a.txt', status: 'archived', error_message: null },
        { filename: 'b.txt', status: 'integrity_failed', error_message: 'it ends too early' },
        { filename: 'c.txt', status: 'integrity_failed', error_message: 'refused by blank' },
        { filename: 'd.txt', status: 'integrity_failed', error_message: 'refused by silent' },
      ],
    );
    for (const name of ['b.txt', 'c.txt', 'd.txt']) await project.deliver(name, 'All of it.');
    await project.runOnce();
    expect(await project.archived()).toEqual(['a', 'b', 'c', 'd'].map((stem) => `my-watch/${stem}.txt`));
  });

  it('a check of the plugin that throws refuses the file, which is checked again by the next reconciliation', async () => {
    const project = await TestProject.create({
      plugin: checking,
      rules: () => `[my-rules]\narchive = "my-archive"\n[[my-rules.integrity]]\ntype = "plugin"\nfunction = "known"\n`,
      config: (text) => text.replace(/^destination = .*$/m, 'destination = "{watch_name}"'),
    });
    await project.deliver('a.txt', 'All of it.');
    await project.runOnce();
    expect(await states(project)).toEqual({ 'a.txt': 'integrity_failed' });
    const [row] = await project.rows('select status, error_message from file_components');
    expect(row).toMatchObject({ status: 'integrity_failed', error_message: expect.stringMatching(/known: ENOENT/) });
    await writeFile(project.path('known'), 'yes');
    await project.runOnce();
    expect(await project.archived()).toEqual(['my-watch/a.txt']);
  });

  it('a check of the plugin that answers neither true, false nor a reason refuses its file, not the group', async () => {
    const project = await TestProject.create({
      plugin: checking,
      rules: () =>
        `[my-rules]\n[[my-rules.integrity]]\ntype = "plugin"\nfunction = "counted"\n[my-rules.completeness]\nexpected_extensions = [".txt"]\n`,
    });
    await project.deliver('a.txt', 'some text here');
    await project.runOnce();
    expect(await states(project)).toEqual({ a: 'waiting' });
    const why = 'counted returned a number; it must return true, false or a reason';
    expect(await project.rows('select status, error_message from file_components')).toEqual([
      { status: 'integrity_failed', error_message: why },
    ]);
  });

  it.each([
    ['selection', 'all', 'broken', 'half of a module'],
    ['routing', 'there', 'broken', 'half of a module'],
    ['selection', 'all', 'fatal', 'all ended its thread'],
    ['routing', 'there', 'fatal', 'there ended its thread'],
    ['selection', 'all', 'slow', 'all took longer than 1 s'],
    ['routing', 'there', 'slow', 'there took longer than 1 s'],
  ])('no group is decided about without an answer of its %s function %s (%s)', async (kind, name, obstacle, reason) => {
    const project = await TestProject.create({
      plugin: replaced,
      rules: () => `[my-rules]\narchive = "my-archive"\n[[my-rules.${kind}]]\ntype = "plugin"\nfunction = "${name}"\n`,
      config: (text) =>
        `${text.replace('[service]', '[service]\nextract_timeout = "1s"').replace(/^destination = .*$/m, 'destination = "{watch_name}"')}\n[[archive]]\nname = "there"\nbase_path = "there"\ndestination = "x"\n`,
    });
    await writeFile(project.path(obstacle), '');
    await project.deliver('a.txt', 'some text here');
    await project.runOnce();
    expect(await states(project)).toEqual({ 'a.txt': 'retry_pending' });
    expect((await reasons(project))['a.txt']).toContain(reason);
    await rm(project.path(obstacle));
    await project.runOnce({ clock: shiftedClock(3_600_000) });
    expect(await states(project)).toEqual({ 'a.txt': 'archived' });
    expect(await project.archived()).toEqual(kind === 'selection' ? ['my-watch/a.txt'] : []);
  });

  it('takes up a group that failed once its file is delivered anew', async () => {
    const project = await TestProject.create();
    await project.deliver('a.json', 'this is not JSON');
    await project.deliver('a.txt', 'some text here');
    await project.runOnce();
    for (const hour of [1, 2, 3, 4]) await project.runOnce({ clock: shiftedClock(hour * 3_600_000) });
    expect(await states(project)).toEqual({ a: 'failed' });
    await project.deliverGroup('a');
    await project.runOnce();
    expect(await states(project)).toEqual({ a: 'archived' });
  });

  it('leaves no temporary file behind, whatever happened', async () => {
    const project = await TestProject.create({
      config: (text) => text.replace('file_mode = 0o640', 'file_mode = 0o440'),
    });
    await project.deliverGroup('a');
    await project.deliverGroup('b', { category: '../b' });
    await project.runOnce();
    const all = await listFiles(project.directory);
    expect(all.filter((name) => name.includes('.part'))).toEqual([]);
    await rm(join(project.directory, 'archive'), { recursive: true, force: true });
  });
});
