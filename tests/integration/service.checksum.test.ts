import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { TestProject } from '../support/project.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** A rule set without completeness and extractor whose files need a checksum. */
const rules = `
[my-rules]
archive = "my-archive"
[[my-rules.integrity]]
type = "checksum"
`;

function create(): Promise<TestProject> {
  return TestProject.create({
    rules: () => rules,
    config: (text) =>
      text
        .replace('destination = "{category}/{start:%Y%m%d}"', 'destination = "{watch_name}"')
        .replace(/^patterns = .*$/m, 'patterns = []'),
  });
}

async function statuses(project: TestProject) {
  const rows = await project.rows('select filename, status, error_message from file_components order by filename');
  return rows.map(({ filename, status, error_message }) => [filename, status, error_message]);
}

describe('files with a checksum beside them', () => {
  it('wait for it, and are archived together with it', async () => {
    const project = await create();
    await project.deliver('a.dat', 'the content');
    await project.runOnce();
    expect(await statuses(project)).toEqual([['a.dat', 'waiting', 'waiting for its checksum']]);
    await project.deliver('a.dat.sha256', `${sha256('the content')}  a.dat\n`);
    expect(await project.runOnce()).toMatchObject({ archived: 1 });
    expect(await project.archived()).toEqual(['my-watch/a.dat', 'my-watch/a.dat.sha256']);
  });

  it('fail when it says otherwise, and are taken up again when the file is delivered right', async () => {
    const project = await create();
    await project.deliver('a.dat.sha256', `${sha256('the content')}  a.dat\n`);
    await project.runOnce();
    await project.deliver('a.dat', 'the cont');
    await project.runOnce();
    expect(await statuses(project)).toEqual([
      ['a.dat', 'integrity_failed', expect.stringContaining('a.dat.sha256 says')],
      ['a.dat.sha256', expect.any(String), null],
    ]);
    expect(await project.archived()).toEqual([]);
    await project.deliver('a.dat', 'the content');
    expect(await project.runOnce()).toMatchObject({ archived: 1 });
    expect(await project.archived()).toEqual(['my-watch/a.dat', 'my-watch/a.dat.sha256']);
  });

  it('are archived as soon as the manifest that lists them has come', async () => {
    const project = await create();
    await project.deliver('a.dat', 'one');
    await project.deliver('b.dat', 'two');
    await project.runOnce();
    expect(await project.archived()).toEqual([]);
    await project.deliver('SHA256SUMS', `${sha256('one')}  a.dat\n${sha256('2')}  b.dat\n`);
    await project.runOnce();
    expect(await project.archived()).toEqual(['my-watch/SHA256SUMS', 'my-watch/a.dat']);
    expect((await statuses(project)).find(([name]) => name === 'b.dat')?.[1]).toBe('integrity_failed');
  });
});
