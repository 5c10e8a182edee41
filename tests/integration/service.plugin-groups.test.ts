import { mkdir, rm, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { reconcileArchive } from '../../src/service/index.ts';
import { auditOrder } from '../support/audit-order.ts';
import { hurriedClock } from '../support/clock.ts';
import { runCli } from '../support/cli.ts';
import { collectLog, TestProject, until } from '../support/project.ts';

/** A scene is named after its image; what is no scene's stands alone, and of some it cannot be said. */
const plugin = `
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { definePlugin } from 'carbonation';
import { File } from './model.ts';

export default definePlugin({
  fileModel: File,
  groupFunctions: {
    scene: ({ filePath }) => {
      const name = basename(filePath);
      if (/SUM|sha256/.test(name)) throw new Error('no scene');
      if (/^odd.*tif$/.test(name) && !existsSync(filePath + '.xml')) throw new Error('no scene');
      return name.startsWith('note') ? null : name.replace(/\\.xml$/, '');
    },
  },
  migrationsPath: join(import.meta.dirname, '..', 'migrations'),
});
`;

const rules = `
[my-rules]
archive = "my-archive"

[my-rules.completeness]
group_by = "plugin"
group_function = "scene"
expected_extensions = [".tif", ".tif.xml"]
`;

function createProject(text = rules): Promise<TestProject> {
  const config = (toml: string) =>
    toml.replace('["*.txt", "*.json"]', '["*"]').replace(/^destination = .*$/m, 'destination = "{watch_name}"');
  return TestProject.create({ plugin, rules: () => text, config });
}

function groups(project: TestProject) {
  return project.rows('select group_key, state, complete, revision from files order by group_key');
}

describe('groups of a plugin whose keys are names of files', () => {
  it('wait for what is expected; a file that the plugin leaves alone does not', async () => {
    const project = await createProject();
    await project.deliver('a.tif', 'the image of a');
    await project.deliver('note.tif', 'the image of nothing');
    await project.runOnce();
    expect(await groups(project)).toEqual([
      { group_key: 'a.tif', state: 'waiting', complete: 0, revision: 1 },
      { group_key: 'note.tif', state: 'archived', complete: 1, revision: 1 },
    ]);
    await project.deliver('a.tif.xml', 'what there is to say of a');
    await project.runOnce();
    expect(await groups(project)).toEqual([
      { group_key: 'a.tif', state: 'archived', complete: 1, revision: 1 },
      { group_key: 'note.tif', state: 'archived', complete: 1, revision: 1 },
    ]);
  });

  it('are complete in an archive only with what is expected', async () => {
    const project = await createProject();
    await mkdir(project.path('archive/my-watch'), { recursive: true });
    for (const name of ['a.tif', 'b.tif', 'b.tif.xml', 'note.tif'])
      await writeFile(project.path(`archive/my-watch/${name}`), `the content of ${name}`);
    const options = { log: collectLog(), signal: new AbortController().signal };
    await writeFile(project.path('archive/my-watch/odd.tif'), 'the content of what is odd');
    const { counts, problems } = await reconcileArchive(await project.open(), auditOrder, options);
    expect(problems).toEqual([
      `${project.path('archive/my-watch')}: the grouping function failed for 1 file(s), see the log`,
    ]);
    expect(counts, 'there is no extractor').toMatchObject({ groups_completed: 2, metadata_extracted: 0 });
    expect(await groups(project)).toMatchObject([
      { group_key: 'a.tif', complete: 0 },
      { group_key: 'b.tif', complete: 1 },
      { group_key: 'note.tif', complete: 1 },
    ]);
  });
});

describe('a file whose grouping function fails', () => {
  const reason = 'the grouping function failed: scene: no scene';

  it('is told of by the run, its report and the health of its watch, until it has a group or is gone', async () => {
    const project = await createProject();
    const cli = (...words: readonly string[]) => runCli(words, { cwd: project.directory });
    for (const name of ['odd.tif', 'odder.tif', 'note.tif']) await project.deliver(name, `the image of ${name}`);
    const path = project.path('delivery/odd.tif');
    expect((await cli('run', '--dry-run')).stdout).toContain(`\n  my-watch ${path} is in no group: ${reason}`);
    const { stdout } = await cli('run', '--once');
    expect(stdout).toContain(`1 archived, 0 waiting, 0 failed\n  my-watch ${path} is in no group: ${reason}`);
    expect(stdout).toContain(`odder.tif is in no group: ${reason}`);
    const status = await cli('status');
    expect(status.stdout).toContain(`2 files in no group: ${reason}`);
    expect(status.stdout).toContain(`carbonation reconcile delivery ${path}`);
    const { watches } = JSON.parse((await cli('run', '--once', '--format', 'json')).stdout);
    expect(watches[0].problems).toContainEqual(expect.stringContaining(`${path} is in no group: ${reason}`));

    await rm(project.path('delivery/odder.tif'));
    await project.deliver('odd.tif.xml', 'what there is to say of it');
    expect((await cli('run', '--once')).stdout).toBe('1 archived, 0 waiting, 0 failed\n');
    expect((await cli('status')).stdout).not.toContain('in no group');
  });

  it('is none that is not there, such as a manifest that might tell of a file that has come', async () => {
    const checksum = '[[my-rules.integrity]]\ntype = "checksum"\n';
    const project = await createProject(rules.replace('[my-rules.completeness]', (next) => `${checksum}${next}`));
    const cli = (...words: readonly string[]) => runCli(words, { cwd: project.directory });
    await project.deliver('note.tif', 'the image of nothing');
    const { stdout, stderr } = await cli('run', '--once');
    expect([stdout, stderr]).toEqual([expect.stringContaining('0 archived'), expect.not.stringContaining('no group')]);
    expect((await cli('status')).stdout).not.toContain('no group');
  });

  it('goes where other rules say, as soon as they are there', async () => {
    const project = await createProject();
    const service = await project.start();
    await project.deliver('odd.tif', 'the image of odd');
    await until('it is said', () => service.log.said('a file is in no group') > 0);
    await project.edit('rules.toml', () => '[my-rules]\narchive = "my-archive"\n');
    await until('it is archived', async () => (await project.archived()).length === 1);
    expect(await service.stop()).toMatchObject({ outcome: 'stopped' });
  });

  it('is asked about again by a running service', async () => {
    const project = await createProject();
    const service = await project.start({ clock: hurriedClock(60_000, 300) });
    await project.deliver('odd.tif', 'the image of odd');
    await until('it is said', () => service.log.said('a file is in no group') > 0);
    await project.deliver('odd.tif.xml', 'what there is to say of it');
    await until('both are archived', async () => (await project.archived()).length === 2);
    expect(await service.stop()).toMatchObject({ outcome: 'stopped' });
  });
});
