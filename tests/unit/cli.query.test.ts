import { hash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Writable } from 'node:stream';

import { describe, expect, it, onTestFinished } from 'vitest';

import { fitWidths } from '../../src/cli/width.ts';
import { openStore, type OpenStore } from '../../src/api/index.ts';
import { binPath, runCli, runProgram, TextStream } from '../support/cli.ts';
import { TestProject } from '../support/project.ts';
import { componentRow, groupRow, moment } from '../support/rows.ts';

async function filled(
  change?: (opened: OpenStore) => Promise<unknown>,
  edit?: Parameters<typeof TestProject.create>[0],
): Promise<TestProject> {
  const project = await TestProject.create(edit);
  const opened = await openStore(await project.open());
  try {
    const metadata = { category: 'alpha', source: 'a "quoted", long source', start: '2026-01-01T00:00:00.000Z' };
    await opened.store.commit([
      groupRow('a', { state: 'archived', complete: true, metadata }),
      groupRow('b\u001B[2J', { state: 'failed', reason: 'disk full' }),
      groupRow('c', { state: 'failed', reason: 'no space', watchName: 'my-watch' }),
    ]);
    await change?.(opened);
  } finally {
    await opened.close();
  }
  return project;
}

class Terminal extends TextStream {
  readonly isTTY = true;
  readonly columns = 40;
}

describe('query files', () => {
  it('shows a table, whole when it is not looked at on a terminal', async () => {
    const { directory: cwd } = await filled();
    const { stdout, stderr, code } = await runCli(
      ['query', 'files', '--columns', 'id,group_key,source', '--order-by', 'id'],
      { cwd },
    );
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toBe('id  group_key   source\n 1  a           a "quoted", long source\n 2  b\\u001b[2J\n 3  c\n');
  });

  it('cuts wide values on a terminal, so that lines fit it', async () => {
    const { directory: cwd } = await filled(({ store }) =>
      store.commit([groupRow(`${'x'.repeat(50)}${'y'.repeat(50)}`), groupRow(`${'配信の記録'.repeat(9)}_0001`)]),
    );
    const stdout = new Terminal();
    await runCli(['query', 'files', '--columns', 'group_key,state,source', '--order-by', 'id'], {
      cwd,
      stdout,
      env: { NO_COLOR: '1' },
    });
    const lines = stdout.text.trimEnd().split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(40);
    // What tells keys apart is at their ends.
    expect(lines.slice(-2)).toEqual(['xxxxxxxxxxx…yyyyyyyyyyyy  asses…', '配信の記録配…の記録_0001  asses…']);
  });

  it('cuts a moment to its date on a narrow terminal, and no group key of usual length', async () => {
    const { directory: cwd } = await filled(({ store }) => store.commit([groupRow('pass_of_the_night_0042')]));
    const stdout = new Terminal();
    const argv = ['query', 'files', '--columns', 'group_key,created_at,source', '--group-key', 'pass%'];
    await runCli(argv, { cwd, stdout, env: { NO_COLOR: '1' } });
    expect(stdout.text).toBe('group_key               created_at  source\npass_of_the_night_0042  2026-01-02\n');
  });

  it('gives CSV and JSON of everything', async () => {
    const { directory: cwd } = await filled();
    const csv = await runCli(['query', 'files', '--columns=group_key,source,start,complete', '--format=csv'], { cwd });
    expect(csv.stdout).toBe(
      'group_key,source,start,complete\na,"a ""quoted"", long source",2026-01-01T00:00:00.000Z,true\nb\u001B[2J,,,false\nc,,,false\n',
    );
    const json = await runCli(['query', 'files', '--format', 'json'], { cwd });
    expect(JSON.parse(json.stdout)).toMatchObject([
      {
        id: 1,
        group_key: 'a',
        category: 'alpha',
        created_at: new Date(moment).toISOString(),
        metadata: { category: 'alpha' },
      },
      { group_key: 'b\u001B[2J' },
      { group_key: 'c' },
    ]);
    expect(json.stdout).not.toContain('\u001B');
    const none = await runCli(['query', 'files', '--format', 'json', '--category', 'none'], { cwd });
    expect(none.stdout).toBe('[]\n');
  });

  it('tells in CSV an empty text from nothing, and ends no data before its end', async () => {
    const { directory: cwd } = await filled(({ store }) =>
      store.commit([groupRow('empty', { metadata: { source: '' } }), groupRow('\\.', { metadata: { source: ' \r' } })]),
    );
    const { stdout } = await runCli(
      ['query', 'files', '--columns', 'group_key,source', '--order-by', '-id', '--limit', '3', '--format', 'csv'],
      { cwd },
    );
    expect(stdout).toBe('group_key,source\n"\\."," \r"\nempty,""\nc,\n');
  });

  it('gives the checksums of archived files as sha256sum reads them, and fails where one is left out', async () => {
    const names = ['plain.dat', 'with a\nline', 'back\\slash', 'ends with\r'];
    const sums = await mkdtemp(join(tmpdir(), 'carbonation-sums-'));
    onTestFinished(() => rm(sums, { recursive: true }));
    const content = 'the content';
    const archived = (name: string, changes = {}) =>
      componentRow(`/delivery/${name}`, {
        archivePath: join(sums, name),
        inArchive: true,
        sha256: hash('sha256', content),
        ...changes,
      });
    const gone = { inArchive: false, status: 'missing' } as const;
    for (const name of names) await writeFile(join(sums, name), content);
    const { directory: cwd } = await filled(({ store }) =>
      store.commit([
        groupRow('odd', { components: names.slice(1).map((name) => archived(name)) }),
        groupRow('plain', { components: [archived('plain.dat'), archived('lost.dat', { inArchive: false })] }),
        groupRow('unknown', { components: [archived('unknown.dat', { sha256: null })] }),
        groupRow('missing', { state: 'missing', components: [archived('missing.dat', gone)] }),
        groupRow('removed', { state: 'written_off', components: [archived('removed.dat', gone)] }),
      ]),
    );
    const list = (...argv: readonly string[]) =>
      runCli(['query', 'files', '--format', 'sha256sum', '--order-by', '-id', ...argv], { cwd });
    const { stdout, stderr, code } = await list();
    expect([code, stderr]).toEqual([
      1,
      'left out: 1 archived file without a checksum on record\nleft out: 1 file missing or damaged in the archive\n',
    ]);
    expect(stdout.split('\n').map((line) => basename(line.slice(66)))).toEqual([
      'plain.dat',
      String.raw`back\\slash`,
      String.raw`ends with\r`,
      String.raw`with a\nline`,
      '',
    ]);
    await writeFile(join(sums, 'SUMS'), stdout);
    expect((await runProgram('sha256sum', ['--check', '--strict', 'SUMS'], sums)).code).toBe(0);
    await writeFile(join(sums, names[1] ?? ''), 'other content');
    expect((await runProgram('sha256sum', ['--check', '--quiet', 'SUMS'], sums)).code).toBe(1);
    expect(await list('--group-key', 'plain')).toMatchObject({ code: 0, stderr: '' });
    expect(await list('--group-key', 'removed')).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(await list('--columns', 'id')).toMatchObject({ code: 2, stdout: '' });
  });

  it('counts', async () => {
    const { directory: cwd } = await filled();
    const count = async (...argv: readonly string[]) =>
      (await runCli(['query', 'files', '--count', ...argv], { cwd })).stdout;
    expect(await count('--state', 'failed')).toBe('2\n');
    expect(await count('--state', 'FAILED')).toBe('2\n');
    expect(await count('--state', 'Fail%')).toBe('2\n');
    expect(await count('--category', 'al%', '--format', 'csv')).toBe('count\n1\n');
    expect(JSON.parse(await count('--complete', '--format', 'json'))).toEqual({ count: 1 });
  });

  it('takes the order and the limit of a table from the plugin', async () => {
    const index = await readFile(new URL('../../plugin-template/src/index.ts', import.meta.url), 'utf8');
    const project = await filled(
      ({ store }) => store.commit([groupRow('late', { metadata: { start: '2027-01-01T00:00:00.000Z' } })]),
      { plugin: index.replace("orderBy: '-start'", "orderBy: '-start', limit: 2") },
    );
    const { stdout, stderr } = await runProgram(
      process.execPath,
      [binPath, 'query', 'files', '--columns', 'group_key'],
      project.directory,
    );
    expect(stdout).toBe('group_key\nlate\na\n');
    expect(stderr).toBe('the first 2; --limit shows more\n');
  });

  it('lists the plugin’s options in its help, where there is a config', async () => {
    const { directory: cwd } = await filled();
    for (const argv of [
      ['query', 'files', '--help'],
      ['help', 'query', 'files'],
    ]) {
      const { stdout, code } = await runCli(argv, { cwd });
      expect([code, stdout]).toEqual([
        0,
        expect.stringMatching(/plugin’s columns:\n {2}--start-after DATE .*\n[\s\S]*--category TEXT/),
      ]);
    }
    const elsewhere = await runCli(['query', 'files', '--help'], { cwd: '/' });
    expect([elsewhere.code, elsewhere.stdout]).toEqual([0, expect.stringMatching(/not known here: .*config\.toml/)]);
  });

  it('says what is wrong, with the exit code of wrong usage', async () => {
    const { directory: cwd } = await filled();
    const wrong = async (...argv: readonly string[]) => runCli(['query', 'files', ...argv], { cwd });
    expect(await wrong('--catgory', 'x')).toEqual({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/no option --catgory\n {2}did you mean --category\?/),
    });
    expect(await wrong('--order-by', 'nope')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/there are: id, /),
    });
    expect(await wrong('--start-after', '2026-13-01')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^error: --start-after: "2026-13-01" is not a date\n {2}write it in ISO 8601/),
    });
    expect(await wrong('--verbose', '--limit', 'x')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/--limit/),
    });
    expect(await wrong('--state', 'ARCHIVD')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /^error: --state: there is no state "ARCHIVD"\n {2}did you mean "archived"\? there are: assessing, waiting, /,
      ),
    });
  });

  it('says that a watch is not there which is neither configured nor has groups, whatever the format', async () => {
    const { directory: cwd } = await filled();
    const query = (...argv: readonly string[]) =>
      runCli(['query', 'files', '--columns', 'group_key', ...argv], { cwd });
    const unknown = 'there is no watch "mywatch"; did you mean "my-watch"?\n';
    const misspelt = ['--watch-name', 'mywatch', '--watch-name', 'w', '--watch-name', 'my-watch', '--complete'];
    expect(await query(...misspelt)).toEqual({ code: 0, stdout: 'group_key\na\n', stderr: unknown });
    expect(await query('--watch-name', 'mywatch', '--count')).toEqual({ code: 0, stdout: '0\n', stderr: unknown });
    expect(await query('--watch-name', 'mywatch', '--format', 'json')).toMatchObject({
      stdout: '[]\n',
      stderr: unknown,
    });
    const rest = ['--watch-name', 'my-watch', '--watch-name', 'none%', '--complete', '--format', 'csv'];
    expect(await query(...rest)).toEqual({ code: 0, stdout: 'group_key\n', stderr: '' });
  });

  it('ends quietly when nobody reads any more', async () => {
    const { directory: cwd } = await filled(({ store }) =>
      store.commit(Array.from({ length: 9000 }, (_, i) => groupRow(`g${i}`, { components: [] }))),
    );
    let written = 0;
    const pipe = new Writable({
      write(_chunk, _encoding, done) {
        written += 1;
        done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
      },
    });
    const { code, stderr } = await runCli(['query', 'files', '--format', 'csv'], { cwd, stdout: pipe });
    expect([code, stderr]).toEqual([0, '']);
    expect(written).toBeLessThan(3);
  });
});

describe('the widths of a table', () => {
  it.each([
    [[5, 50, 10], 40, [5, 21, 10]],
    [[5, 5], 40, [5, 5]],
    [[50, 50], 42, [20, 20]],
    [[50, 50], 4, [6, 6]],
    [[500, 5], null, [500, 5]],
  ])('%j in %s characters are %j', (natural, width, expected) => {
    expect(fitWidths(natural, width)).toEqual(expected);
  });

  it('keeps what must not be cut', () => {
    expect(fitWidths([50, 19, 50], 50, [24, 10, 6])).toEqual([24, 11, 11]);
  });
});

describe('retry', () => {
  it('shows which groups it would be, and changes nothing', async () => {
    const project = await filled();
    const cwd = project.directory;
    const { stdout } = await runCli(['retry', '--dry-run', '--watch-name', 'my-watch'], { cwd });
    expect(stdout).toMatch(/^my-watch {4}c +failed .* no space$/m);
    expect(stdout).toMatch(/dry run, nothing was changed: 1 group would be tried again\n$/);
    const json = await runCli(['retry', '--dry-run', '--format', 'json'], { cwd });
    expect(JSON.parse(json.stdout)).toMatchObject({
      // The other one is of a watch that config.toml does not have.
      groups: 1,
      dryRun: true,
      list: [{ group_key: 'c' }],
    });
    expect(await project.rows('select id from files where due_at is not null')).toEqual([]);
  });

  it('makes the groups due that all filters meet', async () => {
    const project = await filled();
    const cwd = project.directory;
    const { stdout } = await runCli(['retry', '--group-key', 'c', '--group-key', 'a', '--status', 'failed'], { cwd });
    expect(stdout).toBe('1 group to be tried again\n');
    expect(await project.rows('select group_key from files where due_at is not null')).toEqual([{ group_key: 'c' }]);
    expect((await runCli(['retry', '--status', 'timed_out'], { cwd })).stdout).toBe('no such groups\n');
  });

  it('refuses a watch and a status that do not exist', async () => {
    const { directory: cwd } = await filled();
    expect(await runCli(['retry', '--watch-name', 'nope'], { cwd })).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/there is no watch "nope"\n {2}there is: my-watch\n/),
    });
    expect(await runCli(['retry', '--status', 'lost'], { cwd })).toMatchObject({ code: 2 });
  });
});
