import { spawn } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { connect, session } from '../../src/index.ts';
import { binPath, runCli, runProgram, TextStream } from '../support/cli.ts';
import { availableDrivers, hasServer } from '../support/databases.ts';
import { TestProject, until } from '../support/project.ts';

/** Everything that can be asked about a project, on each database: one project and one service a database. */

const drivers = await availableDrivers();

describe.each(drivers)('asking on %s', (database) => {
  it('gives the same answers by command and by library, and a running service takes up what is to be retried', async () => {
    const project = await TestProject.create({
      database,
      config: (text) => text.replace('[service]', '[service]\nmax_retries = 0\npoll_interval = "0.3s"'),
    });
    const { directory: cwd } = project;
    const ask = async (...argv: readonly string[]) => {
      const { code, stdout, stderr } = await runCli(argv, { cwd });
      expect([code, stderr]).toEqual([0, '']);
      return stdout;
    };
    const askJson = async (...argv: readonly string[]): Promise<unknown> =>
      JSON.parse(await ask(...argv, '--format', 'json'));
    const service = await project.start();

    await project.deliver('c.txt', 'waits for its json');
    await writeFile(project.path('archive'), 'in the way');
    await project.deliverGroup('a', { category: 'alpha' });
    await project.deliverGroup('b', { category: 'beta', start: '2026-02-01T00:00:00Z', stop: '2026-02-02T00:00:00Z' });
    const count = async (...argv: readonly string[]) => Number(await ask('query', 'files', '--count', ...argv));
    await until('both have failed', async () => (await count('--state', 'failed')) === 2);
    expect(await askJson('status')).toMatchObject({
      service: { running: true },
      groups: { failed: 2, waiting: 1 },
      components: { failed: { '1h': 4, total: 4 }, waiting: { total: 1 } },
      oldestIncomplete: { groupKey: 'c' },
      health: [{ health: 'failing', reason: '2 groups failed' }],
    });

    await rm(project.path('archive'));
    expect(await askJson('retry', '--dry-run', '--group-key', 'a')).toMatchObject({
      groups: 1,
      list: [{ group_key: 'a', state: 'failed' }],
    });
    expect(await askJson('retry', '--group-key', 'a', '--watch-name', 'my-watch')).toEqual({
      groups: 1,
      dryRun: false,
    });
    await until('the one is archived', async () => (await count('--state', 'archived')) === 1);
    // What was not asked for stays as it is.
    expect(await count('--state', 'failed')).toBe(1);
    await ask('retry');
    await until('the other too', async () => (await count('--complete')) === 2);
    await service.stop();

    expect(await askJson('status')).toMatchObject({
      groups: { archived: 2, waiting: 1 },
      components: { archived: { '1h': 4, total: 4 }, failed: { total: 0 } },
      delivery: { count: 5 },
      archive: { count: 4 },
      withoutMetadata: 0,
      health: [{ health: 'stale', command: 'carbonation run' }],
    });
    expect(await askJson('db', 'status')).toMatchObject({
      contents: { components: { archived: 4, waiting: 1 }, groups: { archived: 2, waiting: 1 } },
      wrongTotals: 0,
      drift: [],
    });
    await project.rows('update group_totals set total = total + 1');
    expect(await ask('db', 'status')).toMatch(/^totals +wrong: \d totals not as counted; `carbonation db upgrade`/m);
    expect(await ask('db', 'upgrade')).toMatch(/^\d totals counted again$/m);
    expect(await askJson('db', 'status')).toMatchObject({ wrongTotals: 0 });

    const columns = ['--columns', 'group_key,category,start', '--order-by', '-start'];
    expect(await ask('query', 'files', '--format', 'csv', ...columns)).toBe(
      'group_key,category,start\nb,beta,2026-02-01T00:00:00.000Z\na,alpha,2026-01-01T00:00:00.000Z\nc,,\n',
    );
    expect(await askJson('query', 'files', '--daterange', '2026-01-31/', ...columns)).toMatchObject([
      { group_key: 'b' },
    ]);

    const sums = await ask('query', 'files', '--format', 'sha256sum', '--order-by', '-group_key');
    expect(sums.match(/\w+\.(?:json|txt)$/gm)).toEqual(['b.json', 'b.txt', 'a.json', 'a.txt']);
    expect(await runProgram('/bin/sh', ['-c', `echo '${sums}' | sha256sum --check --quiet`], cwd)).toMatchObject({
      code: 0,
    });

    await writeFile(
      project.path('new.toml'),
      `[my-rules]\narchive = "my-archive"\n[my-rules.completeness]\ngroup_by = "stem"\nexpected_extensions = [".txt", ".json"]
[my-rules.metadata]\nextract = "sample"\n[[my-rules.selection]]\nfield = [{ name = "category", matches = ["beta"] }]\n`,
    );
    expect(await askJson('check', 'rules', 'new.toml')).toMatchObject({
      counts: { rejected: 1, unchanged: 1 },
      groups: [{ groupKey: 'a', change: 'rejected', new: { archive: null } }],
    });

    await using db = await connect(project.path('config.toml'));
    expect(await db.queryFiles({ category: 'alp%' }, { columns: ['group_key'] })).toEqual([{ group_key: 'a' }]);
    const { rows, cursor } = await db.getNewFiles();
    expect(rows.map((row) => row.group_key)).toEqual(['a', 'b']);
    expect((await db.getNewFiles({ cursor })).rows).toEqual([]);
    expect(await db.getServiceStatus()).toMatchObject({ groups: { archived: 2 }, lastFileAt: expect.any(Number) });
    const changed = await session(project.path('config.toml'), async (em, { File, ComponentTotal }) => {
      const file = await em.findOneOrFail(File, { groupKey: 'a' });
      file.retentionDate = new Date('2036-01-01');
      return em.count(ComponentTotal, { status: 'archived', inArchive: true });
    });
    expect(changed).toBe(1);
    expect(await db.queryFiles({ retention_date_after: new Date('2035-01-01') }, { countOnly: true })).toBe(1);

    // A process of its own cannot reach a database that is in this one.
    if (database !== 'sqlite' && !hasServer(database)) return;
    const piped = `"${process.execPath}" "${binPath}" query files --format csv --columns group_key | head -n 1`;
    expect(await runProgram('/bin/sh', ['-c', piped], cwd)).toEqual({ code: 0, stdout: 'group_key\n', stderr: '' });
  });
});

describe('status --watch', () => {
  /** What a screen shows that is too small for the whole report. */
  const smallScreen = async (columns: number, rows: number): Promise<string> => {
    const project = await TestProject.create();
    const terminal = Object.assign(new TextStream(), { isTTY: true, columns, rows });
    const running = runCli(['status', '--watch'], { cwd: project.directory, stdout: terminal, env: { NO_COLOR: '1' } });
    await until('it was drawn', () => terminal.text.includes('more lines\n'));
    terminal.destroy();
    await running;
    const [, screen = ''] = terminal.text.split('\u001B[H\u001B[2J');
    return screen;
  };

  it('draws the report anew on a terminal, until nobody looks', async () => {
    const project = await TestProject.create();
    const terminal = Object.assign(new TextStream(), { isTTY: true, columns: 100 });
    const running = runCli(['status', '--watch'], { cwd: project.directory, stdout: terminal, env: { NO_COLOR: '1' } });
    const screens = () => terminal.text.split('\u001B[H\u001B[2J').slice(1);
    await until('it was drawn twice', () => screens().length === 2);
    expect(screens()).toEqual([expect.stringMatching(/^service /), expect.stringMatching(/^service /)]);
    terminal.destroy();
    expect(await running).toMatchObject({ code: 0, stderr: '' });
  });

  it('keeps the beginning of the report on a screen that is too small for all of it', async () => {
    const [columns, rows] = [30, 8];
    const screen = await smallScreen(columns, rows);
    const lines = screen.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^service /);
    expect(lines.at(-1)).toMatch(/^… \d+ more lines$/);
    const shown = lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / columns)), 0);
    expect(shown).toBeLessThan(rows);
  });

  it('has the watches before the counts on a screen that is too small for both', async () => {
    const screen = await smallScreen(120, 8);
    const starts = screen.split('\n').map((line) => line.split(' ')[0]);
    expect(starts.slice(0, 5)).toEqual(['service', 'health', '', 'watch', 'my-watch']);
  });

  it('writes one line of JSON a report elsewhere, and ends in good order on Ctrl+C', async () => {
    const project = await TestProject.create();
    const child = spawn(process.execPath, [binPath, 'status', '--watch', '--format', 'json'], {
      cwd: project.directory,
    });
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      text += String(chunk);
    });
    const ended = new Promise((resolve) => {
      child.on('close', (code, signal) => resolve([code, signal]));
    });
    await until('there is a report', () => text.includes('\n'));
    child.kill('SIGINT');
    expect(await ended).toEqual([0, null]);
    for (const line of text.trimEnd().split('\n')) expect(JSON.parse(line)).toMatchObject({ health: [{}] });
  });
});
