import { appendFileSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ArchiveReport } from '../../src/service/index.ts';
import { runCli } from '../support/cli.ts';
import { availableDrivers } from '../support/databases.ts';
import { TestProject } from '../support/project.ts';

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
});
