import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { listFiles, TestProject } from '../support/project.ts';
import { settings } from './figures.ts';

// Goal: a kill in any state of a group costs nothing. Method: a process of its own is killed when the group enters the
// state (or shortly after), then the service runs to the end; every delivered byte must be archived exactly once.

const crashRun = fileURLToPath(new URL('../support/crash-run.ts', import.meta.url));

async function hashesIn(directory: string): Promise<readonly string[]> {
  const names = await listFiles(directory);
  const hashes = names.map(async (name) =>
    createHash('sha256')
      .update(await readFile(join(directory, name)))
      .digest('hex'),
  );
  return (await Promise.all(hashes)).toSorted();
}

const moments = [
  ['assessing', 0],
  ['extracting', 0],
  ['deciding', 0],
  ['transferring', 0],
  ['transferring', 3],
  ['transferring', 10],
  ['archived', 0],
  ['archived', 10],
] as const;

describe.each(['copy', 'move'])('a process that is killed, action = "%s"', (action) => {
  const all = action === 'move' ? ([...moments, ['removingSources', 0], ['removingSources', 3]] as const) : moments;

  it.each(all)('on entering %s (and %i ms) leaves nothing lost, half or double', async (state, delayMs) => {
    const project = await TestProject.create({
      ...(settings.database !== 'sqlite' && { database: settings.database }),
      ...(action === 'move' && { config: (text) => text.replace('action = "copy"', 'action = "move"') }),
    });
    for (const stem of ['a', 'b', 'c']) await project.deliverGroup(stem, {}, `text of ${stem} `.repeat(5000));
    const delivered = await hashesIn(project.path('delivery'));
    const args = [crashRun, project.directory, state, String(delayMs), settings.isLive ? 'live' : 'once'];
    const service = spawn(process.execPath, args, { stdio: 'ignore' });
    const [, signal] = await once(service, 'exit');
    expect(signal).toBe('SIGKILL');

    const report = await project.runOnce();
    expect(report).toMatchObject({ outcome: 'stopped', failed: 0, waiting: 0 });
    expect(await hashesIn(project.path('archive'))).toEqual(delivered);
    expect((await project.archived()).filter((name) => name.includes('.part'))).toEqual([]);
    expect(await hashesIn(project.path('delivery'))).toEqual(action === 'move' ? [] : delivered);
    expect(await project.rows('select state, revision from files where complete')).toEqual(
      Array.from({ length: 3 }, () => ({ state: 'archived', revision: 1 })),
    );
    const paths = await project.rows('select archive_path from file_components order by archive_path');
    expect(paths.map(({ archive_path }) => archive_path)).toEqual(
      (await project.archived()).map((name) => project.path(`archive/${name}`)).toSorted(),
    );
  });
});
