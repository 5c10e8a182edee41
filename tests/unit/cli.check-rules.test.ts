import { utimes, writeFile } from 'node:fs/promises';

import { describe, expect, it } from 'vitest';

import { runCli, TextStream } from '../support/cli.ts';
import { TestProject } from '../support/project.ts';

const rules = `[my-rules]
archive = "my-archive"
[my-rules.completeness]
group_by = "stem"
expected_extensions = [".txt", ".json"]
primary_extension = ".json"
[my-rules.metadata]
extract = "sample"
`;

/** Groups of three categories, of which `beta` was not selected, and a second archive. */
async function judged(): Promise<TestProject> {
  const project = await TestProject.create({
    config: (text) =>
      `${text}\n[[archive]]\nname = "other"\nbase_path = "other"\ndestination = "{category}"\naction = "copy"\n`,
    rules: () => `${rules}[[my-rules.selection]]\nfield = [{ name = "category", not_matches = ["beta"] }]\n`,
  });
  for (const category of ['alpha', 'beta', 'gamma']) await project.deliverGroup(category, { category });
  await project.runOnce();
  return project;
}

async function candidate(project: TestProject, more: string): Promise<string> {
  await writeFile(project.path('new.toml'), rules + more);
  return 'new.toml';
}

const check = async (project: TestProject, ...argv: readonly string[]) =>
  runCli(['check', 'rules', ...argv], { cwd: project.directory });

describe('check rules', () => {
  it('shows what would be accepted, rejected and rerouted, and by which rule', async () => {
    const project = await judged();
    const before = await project.rows('select state, due_at, lock_version from files order by id');
    const file = await candidate(
      project,
      `[[my-rules.selection]]\nfield = [{ name = "category", matches = ["beta", "gamma"] }]\n
[[my-rules.routing]]\nmatch = "gamma*"\narchive = "other"\n`,
    );
    const { stdout, code } = await check(project, file, '--format', 'json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      counts: { accepted: 1, rejected: 1, rerouted: 1, unroutable: 0, undecided: 0, unchanged: 0 },
      groups: expect.arrayContaining([
        {
          watchName: 'my-watch',
          groupKey: 'alpha',
          change: 'rejected',
          old: { archive: 'my-archive', by: 'rule set "my-rules"' },
          new: { archive: null, by: 'category = "alpha" does not match any of beta, gamma' },
        },
        {
          watchName: 'my-watch',
          groupKey: 'beta',
          change: 'accepted',
          old: { archive: null, by: expect.stringMatching(/"beta" matches beta, and must not/) },
          new: { archive: 'my-archive', by: 'selection block 1, rule set "my-rules"' },
        },
        {
          watchName: 'my-watch',
          groupKey: 'gamma',
          change: 'rerouted',
          old: { archive: 'my-archive', by: 'rule set "my-rules"' },
          new: { archive: 'other', by: 'selection block 1, routing rule 1 (gamma*)' },
        },
      ]),
    });
    const table = await check(project, file);
    expect(table.stdout).toMatch(
      /^my-watch +gamma +rerouted +my-archive \(rule set "my-rules"\) +other \(.*gamma\*\)\)$/m,
    );
    expect(table.stdout).toMatch(
      /nothing was changed: 1 accepted, 1 rejected, 1 rerouted, 0 unroutable, 0 undecided, 0 unchanged\n$/,
    );
    expect(await project.rows('select state, due_at, lock_version from files order by id')).toEqual(before);
  });

  it('knows where groups went whose files were only touched since', async () => {
    const project = await judged();
    const now = new Date();
    await Promise.all(['gamma.txt', 'gamma.json'].map((name) => utimes(project.path(`delivery/${name}`), now, now)));
    expect(await project.runOnce()).toMatchObject({ archived: 0 });
    const file = await candidate(project, '[[my-rules.routing]]\nmatch = "gamma*"\narchive = "other"\n');
    expect((await check(project, file)).stdout).toMatch(
      /^my-watch +gamma +rerouted +my-archive \(rule set "my-rules"\) +other /m,
    );
    const { stdout } = await runCli(['why', 'gamma'], { cwd: project.directory });
    expect(stdout).toContain('It went to the archive "my-archive"');
  });

  it('has a group on several lines where a terminal has no room for a table', async () => {
    const project = await judged();
    const file = await candidate(project, '[[my-rules.selection]]\nhas_keys = ["station_of_the_pass"]\n');
    const stdout = Object.assign(new TextStream(), { isTTY: true, columns: 80 });
    await runCli(['check', 'rules', file], { cwd: project.directory, stdout, env: { NO_COLOR: '1' } });
    expect(stdout.text).toMatch(
      /^my-watch\/alpha rejected\n {2}old {2}my-archive \(rule set "my-rules"\)\n {2}new {2}no archive \(station_of_the_pass is missing\)\nmy-watch\/gamma /,
    );
  });

  it('asks plugin functions with the metadata as they are, dates too', async () => {
    const project = await judged();
    // It accepts nothing whose `start` is not a Date.
    const file = await candidate(
      project,
      '[[my-rules.selection]]\ntype = "plugin"\nfunction = "should_archive"\nkwargs = { unwanted = ["gamma"] }\n',
    );
    const { stdout } = await check(project, file, '--all', '--format', 'json');
    expect(JSON.parse(stdout)).toMatchObject({ counts: { accepted: 1, rejected: 1, unchanged: 1 } });
    expect(stdout).toContain('function \\"should_archive\\" rejects the group');
  });

  it('lists nothing when nothing would change, everything when asked', async () => {
    const project = await judged();
    expect((await check(project, 'rules.toml')).stdout).toMatch(/^nothing was changed: .* 3 unchanged\n$/);
    expect((await check(project, 'rules.toml', '--all')).stdout.match(/unchanged {2}/g)).toHaveLength(3);
  });

  it('tells of groups whose function gives no answer, and of all others', async () => {
    const project = await TestProject.create({
      rules: () => rules,
      plugin: `
import { definePlugin } from 'carbonation';
import { sample } from './extractors.ts';
import { File } from './model.ts';

export default definePlugin({
  fileModel: File,
  extractors: { sample },
  selectionFunctions: { fatal: ({ metadata }) => (metadata.category === 'beta' ? process.exit(3) : true) },
});
`,
    });
    for (const category of ['alpha', 'beta', 'gamma']) await project.deliverGroup(category, { category });
    await project.runOnce();
    const file = await candidate(project, '[[my-rules.selection]]\ntype = "plugin"\nfunction = "fatal"\n');
    const { stdout, code } = await check(project, file, '--format', 'json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      counts: { undecided: 1, unchanged: 2 },
      groups: [{ groupKey: 'beta', change: 'undecided', new: { by: expect.stringContaining('ended its thread') } }],
    });
  });

  it('refuses a file that could not be used', async () => {
    const project = await judged();
    await writeFile(project.path('bad.toml'), '[other-rules]\narchive = "nope"\n');
    const { code, stderr } = await check(project, 'bad.toml');
    expect(code).toBe(1);
    expect(stderr).toMatch(/bad\.toml cannot be used/);
    expect(stderr).toMatch(/no rule set "my-rules"/);
    expect(await check(project, 'none.toml')).toMatchObject({ code: 1, stderr: expect.stringMatching(/none\.toml/) });
  });
});
