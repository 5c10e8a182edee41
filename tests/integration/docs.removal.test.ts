import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { connect } from '../../src/index.ts';
import { runCli } from '../support/cli.ts';
import { TestProject } from '../support/project.ts';

const page = join(import.meta.dirname, '../../docs/operations.md');

test('data is removed for good as the manual says', async () => {
  const text = await readFile(page, 'utf8');
  const [, block = ''] = /### Remove data for good\n[^]*?```sql\n([^]*?)```/.exec(text) ?? [];
  const project = await TestProject.create();
  for (const name of ['a', 'b']) await project.deliverGroup(name, { category: 'alpha' });
  await project.runOnce();
  await project.deliver('a.txt', 'another content of a');
  await project.runOnce();
  const carbonation = (...argv: readonly string[]) => runCli(argv, { cwd: project.directory });

  const last = await cursorOf(project, null);

  const { stdout: history } = await carbonation('history', 'a');
  const paths = [...history.matchAll(/^ {2}(?:from|to) +(\S+),/gm)].flatMap(([, path]) => path ?? []);
  expect(paths).toHaveLength(5);
  for (const path of paths) await rm(path);
  expect(await carbonation('reconcile', 'delivery')).toMatchObject({ code: 0 });
  const copies = paths.filter((path) => path.includes('/archive/'));
  expect(await carbonation('reconcile', 'archive', ...copies, '--write-off')).toMatchObject({ code: 0 });
  expect((await carbonation('query', 'files', '--state', 'written_off', '--columns', 'group_key')).stdout).toMatch(
    /^a$/m,
  );

  const [group] = await project.rows("select id from files where group_key = 'a'");
  const statements = block
    .replaceAll('42', String(group?.['id']))
    .split(';\n')
    .filter((one) => one !== '');
  expect(statements).toHaveLength(5);
  for (const statement of statements) await project.rows(statement);
  expect(await carbonation('db', 'upgrade')).toMatchObject({ code: 0 });
  expect((await carbonation('db', 'status')).stdout).toMatch(/^totals +counted: all as they are kept$/m);
  expect(await project.runOnce()).toMatchObject({ groups: [] });
  expect(await carbonation('reconcile', 'archive', '--verify')).toMatchObject({ code: 0 });
  expect(await carbonation('history', 'a')).toMatchObject({ code: 1 });

  // Every table that names a group.
  const tables = await project.rows(
    "select m.name from sqlite_master m join pragma_table_info(m.name) c where m.type = 'table' and c.name = 'group_id'",
  );
  for (const { name } of tables) expect(block).toContain(`delete from ${String(name)} where group_id`);
  await expect(cursorOf(project, last)).rejects.toMatchObject({ code: 'CURSOR_INVALID' });
  await cursorOf(project, null);
});

async function cursorOf(project: TestProject, cursor: string | null): Promise<string> {
  await using db = await connect(project.path('config.toml'));
  return (await db.getNewFiles({ cursor })).cursor;
}
