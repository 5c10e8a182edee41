import { appendFileSync, existsSync, mkdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { reconcileArchive, type ArchiveReport } from '../../src/service/index.ts';
import { wholeOrder } from '../support/audit-order.ts';
import { runCli } from '../support/cli.ts';
import { availableDrivers } from '../support/databases.ts';
import { collectLog, TestProject } from '../support/project.ts';

// Goal: what was removed from the archive on purpose is told of once, and never again; what was not is never kept quiet.

const directory = 'archive/alpha/20260101';

async function archivedProject(stems: readonly string[], options: Parameters<typeof TestProject.create>[0] = {}) {
  const project = await TestProject.create(options);
  for (const stem of stems) await project.deliverGroup(stem);
  await project.runOnce();
  const at = (name: string): string => project.path(join(directory, name));
  const states = async (): Promise<Readonly<Record<string, unknown>>> => {
    const rows = await project.rows('select group_key, state from files order by group_key');
    return Object.fromEntries(rows.map((row) => [row['group_key'], row['state']]));
  };
  const reconcile = async (...options: readonly string[]) => {
    const argv = ['reconcile', 'archive', ...options, '--format', 'json'];
    const { code, stdout } = await runCli(argv, { cwd: project.directory });
    const report: ArchiveReport = JSON.parse(stdout);
    return { code, report };
  };
  const health = async (): Promise<unknown> => {
    const { stdout } = await runCli(['status', '--format', 'json'], { cwd: project.directory });
    return JSON.parse(stdout).health[0].health;
  };
  return { project, at, states, reconcile, health };
}

describe.each(await availableDrivers())('what is gone from the archive on %s', (database) => {
  it('is written off, and no longer told of; a copy that comes back is', async () => {
    const { project, at, states, reconcile, health } = await archivedProject(['a', 'b', 'c'], { database });
    for (const name of ['a.json', 'a.txt']) rmSync(at(name));
    mkdirSync(project.path('aside'));
    renameSync(at('b.txt'), project.path('aside/b.txt'));
    expect((await reconcile()).code).toBe(1);
    expect(await states()).toEqual({ a: 'missing', b: 'missing', c: 'archived' });
    expect(await health()).toBe('failing');

    const lost = ['a.json', 'a.txt', 'b.txt'].map(at);
    const dry = await reconcile('--write-off', '--dry-run');
    expect(dry.code).toBe(0);
    expect(dry.report.writtenOffFiles.toSorted()).toEqual(lost);
    expect(await states()).toEqual({ a: 'missing', b: 'missing', c: 'archived' });

    const { code, report } = await reconcile('--write-off');
    expect(code).toBe(0);
    expect(report.writtenOffFiles.toSorted()).toEqual(lost);
    expect(report).toMatchObject({ missingFiles: [], problems: [], counts: { missing: 0, written_off: 3, busy: 0 } });
    expect(await states()).toEqual({ a: 'written_off', b: 'written_off', c: 'archived' });
    expect(await health()).not.toBe('failing');
    const steps = await project.rows("select event, reason from group_transitions where to_state = 'written_off'");
    expect(steps.map(({ reason }) => String(reason)).sort()).toEqual([
      expect.stringMatching(/^written off: (a.json, a.txt|a.txt, a.json)$/),
      'written off: b.txt',
    ]);

    const next = await reconcile('--verify');
    expect(next.code).toBe(0);
    expect(next.report.counts).toMatchObject({ missing: 0, written_off: 3, verified: 3, updated_flag: 0 });

    renameSync(project.path('aside/b.txt'), at('b.txt'));
    expect((await reconcile()).report.counts).toMatchObject({ recovered: 1, written_off: 2 });
    expect(await states()).toEqual({ a: 'written_off', b: 'archived', c: 'archived' });
  });
});

describe('what is gone from the archive', () => {
  it('is found missing and written off at once, where it was said to be gone', async () => {
    const { at, states, reconcile } = await archivedProject(['a', 'b']);
    for (const name of ['a.json', 'a.txt', 'b.txt']) rmSync(at(name));
    const dry = await reconcile('--write-off', '--dry-run', at('a.json'), at('a.txt'));
    expect(dry.report).toMatchObject({ missingFiles: [], counts: { missing: 0, written_off: 2 } });
    const { code, report } = await reconcile('--write-off', at('a.json'), at('a.txt'));
    expect(code).toBe(0);
    expect(report.counts).toMatchObject({ missing: 0, written_off: 2 });
    expect(await states()).toEqual({ a: 'written_off', b: 'archived' });
    expect((await reconcile()).report.missingFiles).toEqual([at('b.txt')]);
  });

  it('is not written off where its group lacks more than was looked for, or has a damaged copy', async () => {
    const { at, states, reconcile } = await archivedProject(['a', 'b']);
    for (const name of ['a.json', 'a.txt', 'b.txt']) rmSync(at(name));
    appendFileSync(at('b.json'), 'more');
    await reconcile();
    for (const options of [['--dry-run'], []]) {
      const { code, report } = await reconcile('--write-off', at('a.json'), at('b.json'), at('b.txt'), ...options);
      expect(code).toBe(1);
      expect(report.counts).toMatchObject({ missing: 2, written_off: 0, damaged: 1 });
      expect(report.problems.toSorted()).toEqual([
        `a is not written off: ${at('a.txt')} is missing, too, and it is damaged or was not looked for`,
        `b is not written off: ${at('b.json')} is missing, too, and it is damaged or was not looked for`,
      ]);
    }
    expect(await states()).toEqual({ a: 'missing', b: 'missing' });
    rmSync(at('b.json'));
    expect((await reconcile('--write-off')).report.counts).toMatchObject({ missing: 0, written_off: 4 });
  });

  it('is not written off as long as a brake holds', async () => {
    const { project, at, states, reconcile } = await archivedProject(['a', 'b'], {
      config: (text) => text.replace('[service]', '[service]\nmax_gone_files = 1\nmax_gone_percent = 10'),
    });
    renameSync(project.path('archive'), project.path('elsewhere'));
    mkdirSync(project.path(directory), { recursive: true });
    const { code, report } = await reconcile('--write-off');
    expect(code).toBe(1);
    expect(report.brake).toContain('nothing was changed');
    expect(report.counts).toMatchObject({ written_off: 0 });
    expect(await states()).toEqual({ a: 'archived', b: 'archived' });
    expect((await reconcile('--write-off', '--force')).report.counts).toMatchObject({ missing: 0, written_off: 4 });
    rmSync(project.path('archive'), { recursive: true });
    renameSync(project.path('elsewhere'), project.path('archive'));
    expect((await reconcile()).report.counts).toMatchObject({ recovered: 4, written_off: 0 });
    expect(at('a.json')).toContain('archive');
  });

  it('is missing again as soon as the group loses another copy, and is explained', async () => {
    const { project, at, states, reconcile } = await archivedProject(['a']);
    rmSync(at('a.txt'));
    await reconcile('--write-off');
    const why = await runCli(['why', 'a'], { cwd: project.directory });
    expect(why.stdout).toContain('were written off');
    rmSync(at('a.json'));
    expect((await reconcile()).report.missingFiles).toEqual([at('a.json')]);
    expect(await states()).toEqual({ a: 'missing' });
    const missing = await runCli(['why', 'a'], { cwd: project.directory });
    expect(missing.stdout).toContain(`carbonation reconcile archive --write-off ${at('a.json')} ${at('a.txt')}`);
    expect((await reconcile('--write-off')).report.writtenOffFiles.toSorted()).toEqual([at('a.json'), at('a.txt')]);
  });

  it('is written off together with what its group has lost before, and each is counted once', async () => {
    const { at, states, reconcile } = await archivedProject(['a']);
    rmSync(at('a.txt'));
    await reconcile('--write-off');
    rmSync(at('a.json'));
    for (const options of [['--dry-run'], []]) {
      const { code, report } = await reconcile('--write-off', ...options);
      expect(code).toBe(0);
      expect(report).toMatchObject({ writtenOffFiles: [at('a.json')], counts: { missing: 0, written_off: 2 } });
    }
    expect(await states()).toEqual({ a: 'written_off' });
  });

  it('is not written off where it was back before its group could be told', async () => {
    const { project, at, states, reconcile } = await archivedProject(['a']);
    renameSync(at('a.txt'), project.path('a.txt'));
    await reconcile();
    const report = await reconcileArchive(
      await project.open(),
      { ...wholeOrder, writeOff: true },
      {
        log: collectLog(),
        signal: new AbortController().signal,
        onProgress: () => existsSync(at('a.txt')) || renameSync(project.path('a.txt'), at('a.txt')),
      },
    );
    expect(report.counts).toMatchObject({ written_off: 0, missing: 1 });
    expect(await states()).toEqual({ a: 'missing' });
  });

  it('is not written off on a disk that is not mounted, also where all of it was known to be missing', async () => {
    const { project, at, states, reconcile } = await archivedProject(['a']);
    appendFileSync(at('a.txt'), 'more');
    await reconcile();
    await project.run('update archive_roots set device = device + 1');
    rmSync(at('a.txt'));
    const { code, report } = await reconcile('--write-off', at('a.txt'));
    expect(code).toBe(1);
    expect(report.brake).toContain('is its disk mounted?');
    expect(report.brake).toContain(`\`carbonation reconcile archive ${at('a.txt')} --write-off --force\``);
    expect(await states()).toEqual({ a: 'missing' });
  });

  it('is not written off as long as its group has other things to do, and a dry run says so', async () => {
    const { project, at, states, reconcile } = await archivedProject(['a']);
    rmSync(at('a.txt'));
    rmSync(project.path('delivery/a.txt'));
    await project.deliver('a.json', '{"category": "beta"}');
    await project.runOnce();
    expect(await states()).toEqual({ a: 'waiting' });
    for (const options of [['--dry-run'], []]) {
      const { code, report } = await reconcile('--write-off', ...options);
      expect(code).toBe(1);
      expect(report).toMatchObject({ missingFiles: [at('a.txt')], counts: { missing: 1, written_off: 0, busy: 0 } });
      expect(report.problems).toEqual(['a is not written off: it is waiting, and what it lacks may be archived again']);
    }
  });

  it('is what a dry run says, where a copy is damaged and another one is back', async () => {
    const { project, at, states, reconcile } = await archivedProject(['a', 'b']);
    renameSync(at('b.txt'), project.path('b.txt'));
    rmSync(at('b.json'));
    await reconcile();
    renameSync(project.path('b.txt'), at('b.txt'));
    rmSync(at('a.txt'));
    appendFileSync(at('a.json'), 'more');
    const dry = await reconcile('--write-off', '--dry-run');
    expect(dry.report.problems).toEqual([
      `a is not written off: ${at('a.json')} is missing, too, and it is damaged or was not looked for`,
    ]);
    expect(dry.report).toMatchObject({ writtenOffFiles: [at('b.json')], missingFiles: [at('a.txt')] });
    const { report } = await reconcile('--write-off');
    expect({ ...report, dryRun: true }).toEqual(dry.report);
    expect(await states()).toEqual({ a: 'missing', b: 'written_off' });
  });
});

describe('what was written off', () => {
  it('stays so when the rest of its group is touched', async () => {
    const { project, at, states, reconcile } = await archivedProject(['a']);
    rmSync(at('a.txt'));
    rmSync(project.path('delivery/a.txt'));
    await reconcile('--write-off');
    utimesSync(project.path('delivery/a.json'), 1, 1);
    await project.runOnce();
    const steps = await project.rows("select to_state from group_transitions where from_state = 'written_off'");
    expect(steps.map((row) => row['to_state'])).toContain('assessing');
    expect(await states()).toEqual({ a: 'written_off' });
    expect((await reconcile()).code).toBe(0);
  });

  it('is told of when a file comes back in its place that is not the recorded one', async () => {
    const { at, states, reconcile } = await archivedProject(['a']);
    rmSync(at('a.txt'));
    await reconcile('--write-off');
    writeFileSync(at('a.txt'), 'a part of');
    const { code, report } = await reconcile();
    expect(code).toBe(1);
    expect(report.damagedFiles).toEqual([{ path: at('a.txt'), reason: 'still not the recorded content' }]);
    rmSync(at('a.txt'));
    expect((await reconcile()).code).toBe(0);
    expect(await states()).toEqual({ a: 'written_off' });
  });

  it('is not told of when the copy of another group has its place, whether before or after', async () => {
    const { project, at, reconcile } = await archivedProject(['a'], {
      config: (text) =>
        `${text}\n[[watch]]\nname = "other"\npath = "others"\nrules = "my-rules"\nsettle_seconds = 0.05\n`,
    });
    rmSync(at('a.txt'));
    await reconcile();
    mkdirSync(project.path('others'), { recursive: true });
    renameSync(project.path('delivery/a.json'), project.path('others/a.json'));
    writeFileSync(project.path('others/a.txt'), 'the text of another a');
    await project.runOnce();
    expect(await project.archived()).toContain('alpha/20260101/a.txt');
    const { code, report } = await reconcile('--write-off');
    expect(report).toMatchObject({ damagedFiles: [], writtenOffFiles: [at('a.txt')], problems: [] });
    expect(code).toBe(0);
    expect((await reconcile()).report.counts).toMatchObject({ damaged: 0, missing: 0, written_off: 1 });
    const rows = await project.rows('select state from files order by id');
    expect(rows.map(({ state }) => state)).toEqual(['written_off', 'archived']);
  });
});
