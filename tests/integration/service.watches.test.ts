import { mkdir, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { TestProject } from '../support/project.ts';

const sample = JSON.stringify({ start: '2026-01-01T00:00:00Z', stop: '2026-01-01T01:00:00Z', category: 'alpha' });

describe('several watches', () => {
  it('that overlap archive each file once: it belongs to the first one that takes it', async () => {
    const project = await TestProject.create({
      config: (text) => `${text}
[[watch]]
name = "all"
path = "."
recursive = true
rules = "my-rules"
patterns = ["*.json", "*.txt"]
ignore_patterns = ["my_plugin", "package*.json", "tsconfig.json"]
settle_seconds = 0.05
`,
    });
    await project.deliverGroup('a');
    await writeFile(project.path('b.json'), sample);
    await writeFile(project.path('b.txt'), 'the text of b');
    const report = await project.runOnce();
    expect(report.groups.map(({ watchName, groupKey }) => [watchName, groupKey].join('/')).toSorted()).toEqual([
      'all/b',
      'my-watch/a',
    ]);
    expect(await project.archived()).toHaveLength(4);
    // Neither is what is in the archive taken for a delivery.
    expect((await project.runOnce()).groups).toEqual([]);
  });

  it('of which the first one ignores the directory of another leave that its files', async () => {
    const project = await TestProject.create({
      config: (text) => `${text
        .replace('# ignore_patterns = ["*.tmp", ".*"]', 'ignore_patterns = ["*.tmp", ".*", "special"]')
        .replace('# recursive = false', 'recursive = true')}
[[watch]]
name = "special"
path = "delivery/special"
rules = "my-rules"
settle_seconds = 0.05
`,
    });
    await mkdir(project.path('delivery/special'));
    await project.deliverGroup('special/a');
    const report = await project.runOnce();
    expect(report.groups).toMatchObject([{ watchName: 'special', groupKey: 'a', state: 'archived' }]);
  });

  it('that are renamed take over the files of the former name', async () => {
    const project = await TestProject.create();
    await project.deliver('a.txt', 'waits for its json');
    await project.runOnce();
    await project.edit('config.toml', (text) => text.replace('name = "my-watch"', 'name = "new-name"'));
    await project.deliver('a.json', sample);
    const report = await project.runOnce();
    expect(report.groups).toMatchObject([{ watchName: 'new-name', groupKey: 'a', state: 'archived' }]);
    expect(await project.archived()).toHaveLength(2);
  });

  it('of which one cannot be read fail the run and say so, and the others are worked on', async () => {
    const project = await TestProject.create({
      config: (text) => `${text}
[[watch]]
name = "away"
path = "not-mounted"
rules = "my-rules"
settle_seconds = 0.05
`,
    });
    await project.deliverGroup('a');
    const report = await project.runOnce();
    expect(report).toMatchObject({ outcome: 'failed', failure: expect.stringContaining('away'), archived: 1 });
    await mkdir(project.path('not-mounted'));
    expect(await project.runOnce()).toMatchObject({ outcome: 'stopped', failure: null });
  });
});
