import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { canMount, mountTmpfs } from '../support/mount.ts';
import { TestProject, until } from '../support/project.ts';

const mounts = canMount();

it.runIf(mounts)('a full disk under the archive is waited for by retries, and nothing is left half', async () => {
  const project = await TestProject.create({
    config: (text) => text.replace('[service]', '[service]\nretry_delay = "0.3s"\nmax_retries = 50'),
  });
  using disk = mountTmpfs(project.path('archive'), 200);
  for (let i = 0; i < 8; i += 1) await project.deliverGroup(`g${i}`, {}, 'x'.repeat(60_000));
  const service = await project.start();
  await until('some groups do not fit', async () => {
    const rows = await project.rows("select count(*) as n from files where state = 'retry_pending'");
    return Number(rows[0]?.['n']) > 0;
  });
  expect((await project.archived()).filter((name) => name.includes('.part'))).toEqual([]);
  execFileSync('mount', ['-o', 'remount,size=20m', disk.path]);
  await until('all are archived once there is room', async () => (await project.archived()).length === 16);
  await until(
    'and recorded',
    async () => (await project.rows("select id from files where state = 'archived'")).length === 8,
  );
  await service.stop();
});

it.runIf(mounts)('a full disk under the database stops nothing for good, and the service can be stopped', async () => {
  const project = await TestProject.create();
  using disk = mountTmpfs(project.path('state'), 1500);
  execFileSync('sh', ['-c', 'mv "$1"/carbonation.db* "$1"/state/', 'sh', project.directory]);
  await project.edit('config.toml', (text) =>
    text.replace(/^(# )?name = "carbonation\.db"/m, 'name = "state/carbonation.db"'),
  );
  const service = await project.start();
  for (let i = 0; i < 250; i += 1) await project.deliverGroup(`g${i}`);
  await until(
    'the database is full',
    () => service.log.lines.some((line) => line.includes('the database does not answer')),
    40_000,
  );
  execFileSync('mount', ['-o', 'remount,size=60m', disk.path]);
  await until('all are archived once there is room', async () => (await project.archived()).length === 500, 40_000);
  const stopped = performance.now();
  expect((await service.stop()).outcome).toBe('stopped');
  expect(performance.now() - stopped).toBeLessThan(10_000);
});
