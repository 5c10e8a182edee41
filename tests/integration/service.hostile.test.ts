import { mkdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { TestProject, until } from '../support/project.ts';

describe('a directory of a recursive watch that is exchanged for a link to files elsewhere', () => {
  it.for(['copy', 'move'])('has none of them archived, nor removed (%s)', async (action) => {
    const project = await TestProject.create({
      config: (text) =>
        text
          .replace('[service]', '[service]\npoll_interval = "0.1s"')
          .replace('settle_seconds = 0.05', 'settle_seconds = 0.05\nrecursive = true')
          .replace('patterns = ["*.txt", "*.json"]', '')
          .replace('action = "copy"', `action = "${action}"`)
          .replace('"{category}/{start:%Y%m%d}"', '"{watch_name}"'),
      rules: () => '[my-rules]\narchive = "my-archive"\n',
    });
    await mkdir(project.path('elsewhere'));
    await writeFile(project.path('elsewhere/file'), 'a secret');
    await mkdir(project.path('delivery/sub'));
    const service = await project.start();
    await project.deliver('sub/file', 'harmless');
    await rename(project.path('delivery/sub'), project.path('delivery/former'));
    await symlink(project.path('elsewhere'), project.path('delivery/sub'));
    const statusOf = async (key: string) => {
      const rows = await project.rows(`select status from file_components where source_path like '%/delivery/${key}'`);
      return rows[0]?.['status'];
    };
    await until(
      'the file is archived from where it is now',
      async () => (await statusOf('former/file')) === 'archived',
    );
    // It was in the group of its own path, unless the directory went before that.
    await project.runOnce();
    expect([undefined, 'cleared']).toContain(await statusOf('sub/file'));
    await service.stop();
    expect(await project.archived()).toEqual(['my-watch/file']);
    expect(await readFile(project.path('archive/my-watch/file'), 'utf8')).toBe('harmless');
    expect(await readFile(project.path('elsewhere/file'), 'utf8')).toBe('a secret');
  });
});
