import { mkdir, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { reconcileArchive } from '../../src/service/index.ts';
import { auditOrder } from '../support/audit-order.ts';
import { collectLog, TestProject } from '../support/project.ts';

/** A scene is named after its image; what is no scene's stands alone. */
const plugin = `
import { basename, join } from 'node:path';
import { definePlugin } from 'carbonation';
import { File } from './model.ts';

export default definePlugin({
  fileModel: File,
  groupFunctions: {
    scene: ({ filePath }) => {
      const name = basename(filePath);
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

function createProject(): Promise<TestProject> {
  const config = (text: string) =>
    text.replace('["*.txt", "*.json"]', '["*"]').replace(/^destination = .*$/m, 'destination = "{watch_name}"');
  return TestProject.create({ plugin, rules: () => rules, config });
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
    const log = collectLog();
    await reconcileArchive(await project.open(), auditOrder, { log, signal: new AbortController().signal });
    expect(await groups(project)).toMatchObject([
      { group_key: 'a.tif', complete: 0 },
      { group_key: 'b.tif', complete: 1 },
      { group_key: 'note.tif', complete: 1 },
    ]);
  });
});
