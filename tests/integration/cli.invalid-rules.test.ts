import { describe, expect, it } from 'vitest';
import { connect } from '../../src/index.ts';
import { runCli } from '../support/cli.ts';
import { TestProject } from '../support/project.ts';

/** A project with an archived group, whose rules.toml somebody is editing. */
async function edited(): Promise<TestProject> {
  const project = await TestProject.create();
  await project.deliverGroup('a');
  await project.runOnce();
  await project.edit('rules.toml', (text) => text.replace('has_keys', 'haskeys'));
  return project;
}

describe('rules.toml that is invalid at the moment', () => {
  it('keeps nobody from looking, and is warned of', async () => {
    const project = await edited();
    const ask = (...argv: readonly string[]) => runCli(argv, { cwd: project.directory });
    for (const [argv, said] of [
      [['status'], 'archived 1'],
      [['why', 'a'], 'It is archived'],
      [['history', 'a'], 'archived'],
      [['query', 'files', '--count'], '1'],
      [['chart', '--counts', '--format', 'mermaid'], 'archived'],
      [['retry', '--dry-run'], 'no such groups'],
    ] as const) {
      const { code, stdout, stderr } = await ask(...argv);
      expect([code, argv]).toEqual([0, argv]);
      expect(stdout).toContain(said);
      expect(stderr).toMatch(
        /^warning: .*rules\.toml has one problem\n {2}.*rules\.toml:\d+: .*haskeys.*did you mean "has_keys"\?/,
      );
    }
    expect((await ask('db', 'status')).code).toBe(0);
    expect((await ask('query', 'files', '--help')).stdout).toContain('--category');
    const library = await connect(project.path('config.toml'));
    expect(await library.getServiceStatus()).toMatchObject({ groups: { archived: 1 } });
    await library.close();
  });

  it('keeps everybody from running', async () => {
    const project = await edited();
    for (const argv of [
      ['run', '--once'],
      ['reconcile', 'delivery'],
    ]) {
      const { code, stderr } = await runCli(argv, { cwd: project.directory });
      expect([code, argv]).toEqual([1, argv]);
      expect(stderr).toMatch(/^error: .*rules\.toml has one problem/);
    }
  });
});
