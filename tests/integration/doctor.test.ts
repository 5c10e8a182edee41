import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { coreTables } from '../../src/store/schema/core-tables.ts';
import { systemClock } from '../../src/core/index.ts';
import { databaseChecks } from '../../src/doctor/database.ts';
import { openOrm } from '../../src/store/database/orm.ts';
import { openStore } from '../../src/api/index.ts';
import { binPath, runCli, runProgram } from '../support/cli.ts';
import { availableDrivers, hasServer } from '../support/databases.ts';
import { canMount, mountBind, mountSilent, mountTmpfs, otherFileSystem } from '../support/mount.ts';
import { TestProject } from '../support/project.ts';

const drivers = await availableDrivers();
/** Somebody else than root, for `setpriv`. */
const asOther = ['--reuid=65534', '--regid=65534', '--clear-groups'];

interface Report {
  readonly ok: boolean;
  readonly checks: readonly {
    readonly name: string;
    readonly subject: string | null;
    readonly verdict: string;
    readonly message: string;
    readonly remedy: string | null;
  }[];
}

async function doctor(project: TestProject): Promise<Report & { readonly code: number }> {
  const { code, stdout, stderr } = await runCli(['doctor', '--format', 'json'], { cwd: project.directory });
  expect(stderr).toBe('');
  const report: Report = JSON.parse(stdout);
  expect(code).toBe(report.ok ? 0 : 1);
  return { ...report, code };
}

/** What is not ok, as `verdict name subject`, with its message. */
function troubles({ checks }: Report): Readonly<Record<string, string>> {
  const bad = checks.filter(({ verdict }) => verdict !== 'ok');
  expect(bad.filter(({ remedy }) => remedy === null)).toEqual([]);
  return Object.fromEntries(
    bad.map(({ verdict, name, subject, message }) => [
      `${verdict} ${name}${subject === null ? '' : ` ${subject}`}`,
      message,
    ]),
  );
}

async function change(project: TestProject, ...statements: readonly string[]): Promise<void> {
  const { store, close } = await openStore(await project.open());
  for (const statement of statements) await store.sql.run(statement);
  await close();
}

describe.each(drivers)('doctor on %s', (database) => {
  it('finds what somebody has taken out of the tables, although no migration is pending', async () => {
    const project = await TestProject.create({ database });
    await change(project, 'drop table group_transitions', 'alter table file_components drop column verified_at');
    expect(troubles(await doctor(project))).toMatchObject({
      'fail schema': 'the table file_components lacks the column verified_at; the table group_transitions is missing',
    });
  });

  it('finds a service that died, a clock that went back, a notifier that is refused, a schema that is behind', async () => {
    const project = await TestProject.create({ database });
    const boot = 'another boot';
    const time = (text: string) => (database === 'sqlite' ? Date.parse(`${text}Z`) : `'${text.replace('T', ' ')}'`);
    await change(
      project,
      `update service_state set instance = 'x-1', host = '${hostname()}', boot_id = '${boot}', pid = 1, mode = 'run', heartbeat_ms = 60000,
        started_at = ${time('2026-01-01T00:00:00')}, last_heartbeat = ${time('2096-01-01T00:00:00')}`,
      `insert into notifiers (name, transition_id, watch_event_id, failing_since, last_error) values ('ops', 0, 0, ${time('2026-01-02T00:00:00')}, 'host answered 500')`,
    );
    expect(troubles(await doctor(project))).toEqual({
      'fail service': expect.stringContaining('process 1 on'),
      'warn clock': expect.stringContaining(
        '2096-01-01T00:00:00.000Z, which is in the future: the clock has gone back',
      ),
      'warn notify ops': 'has accepted nothing since 2026-01-02T00:00:00.000Z: host answered 500',
      // PGlite flushes nothing.
      ...(database === 'postgresql' &&
        !hasServer(database) && { 'warn database': expect.stringContaining('fsync = off') }),
    });
    await change(project, "update service_state set host = 'elsewhere'");
    const { checks } = await doctor(project);
    expect(checks.find(({ name }) => name === 'service')).toMatchObject({
      verdict: 'fail',
      message: expect.stringContaining("process 1 on elsewhere gives no sign of life by this machine's clock"),
      remedy: expect.stringContaining('see on elsewhere whether it runs'),
    });
    await change(project, "delete from mikro_orm_migrations where name = 'plugin/0001_initial'");
    expect(troubles(await doctor(project))).toEqual({ 'fail schema': 'migrations are pending: plugin/0001_initial' });
  });

  it('finds that the database is the one of the Python carbonation', async () => {
    const project = await TestProject.create({ database });
    // Its table `files` has no such column.
    await change(project, 'delete from mikro_orm_migrations', 'alter table files rename column key_hash to hash');
    expect(troubles(await doctor(project))).toEqual({
      'fail schema': 'the database has tables of another program, such as the Python carbonation',
    });
  });
});

describe('doctor', () => {
  it('looks for every table and column that the migrations make', async () => {
    const project = await TestProject.create();
    const rows = await project.rows(`select t.name as name, group_concat(c.name, ' ' order by c.name) as columns
      from sqlite_master t, pragma_table_info(t.name) c where t.type = 'table' and t.name <> 'files' group by t.name`);
    const made = rows.filter(({ name }) => !/^(sqlite_|mikro_)/.test(String(name)));
    const { database } = (await project.open()).config;
    const orm = await openOrm(database, {}, { create: false });
    const known = [...coreTables(orm)].map(([name, columns]) => [name, columns.toSorted().join(' ')]);
    await orm.close(true);
    const { files: _, ...others } = Object.fromEntries(known);
    expect(others).toEqual(Object.fromEntries(made.map(({ name, columns }) => [name, columns])));
  });

  it('finds nothing wrong beside a running service, and changes nothing', async () => {
    const project = await TestProject.create({});
    const service = await project.start();
    const report = await doctor(project);
    expect(troubles(report)).toEqual({});
    expect(report.checks.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['node', 'config', 'rules', 'plugin', 'database', 'schema', 'clock', 'service', 'watch']),
    );
    expect(report.checks.find(({ name }) => name === 'service')?.message).toMatch(
      /^run, process \d+ on .*, running since 20/,
    );
    await service.stop();
    expect((await project.archived()).filter((path) => path.includes('doctor'))).toEqual([]);
  });

  it('finds directories that are gone or no directories, and an archive that cannot be written or is not mounted', async () => {
    const project = await TestProject.create({
      config: (text) =>
        `${text.replace('[[watch]]', '[[watch]]\nname = "file"\npath = "rules.toml"\nrules = "my-rules"\n\n[[watch]]')}
[[archive]]
name = "unwritable"
base_path = "/proc/archive"
destination = "x"
`,
    });
    await project.deliverGroup('a');
    // The watch that is no directory cannot be read: the others' work is done all the same.
    await project.runOnce();
    await rm(project.path('archive'), { recursive: true });
    await rm(project.path('delivery'), { recursive: true });
    const found = troubles(await doctor(project));
    expect(found).toMatchObject({
      'fail watch my-watch': `${project.path('delivery')} does not exist`,
      'fail watch file': `${project.path('rules.toml')} is not a directory`,
      'fail archive unwritable': expect.stringMatching(/^\/proc cannot be written \(\w+\)$/),
      'fail mount my-archive': `${project.path('archive')} does not exist, but files have been archived there`,
    });
    // No service runs, but what `run --once` does from time to time stands for it.
    expect(found).not.toHaveProperty('warn service');
    await project.run("update service_state set mode = 'run'");
    expect(troubles(await doctor(project))).toMatchObject({ 'warn service': expect.stringContaining('not running') });
  });

  it('finds an archive that is not mounted also where its mount point is there, with or without files of a service that has worked meanwhile', async () => {
    const project = await TestProject.create({});
    for (const key of ['a', 'b']) await project.deliverGroup(key);
    await project.runOnce();
    expect((await doctor(project)).checks.filter(({ subject }) => subject === 'my-archive')).not.toContainEqual(
      expect.objectContaining({ name: 'mount' }),
    );
    await rename(project.path('archive'), project.path('unmounted'));
    await mkdir(project.path('archive'));
    expect(troubles(await doctor(project))).toMatchObject({
      'fail mount my-archive': expect.stringMatching(
        /: 4 of 4 files on record .* are gone, first .*: is its disk mounted\?$/,
      ),
    });
    await project.deliverGroup('c');
    await project.runOnce();
    expect(troubles(await doctor(project))).toMatchObject({
      'warn mount my-archive': expect.stringMatching(
        /: 4 of 6 files on record .* are gone, first .*: is its disk mounted\?$/,
      ),
    });
  });

  it.runIf(drivers.some((driver) => driver === 'postgresql' && hasServer(driver)))(
    'warns of a PostgreSQL database that lacks characters',
    async () => {
      const project = await TestProject.create({ database: 'postgresql' });
      const { name } = (await project.open()).config.database;
      const latin = `${name}_latin`;
      await project.run(`create database ${latin} encoding 'LATIN1' locale 'C' template template0`);
      onTestFinished(() => project.run(`drop database ${latin}`));
      await project.edit('config.toml', (text) => text.replace(name, latin));
      expect((await runCli(['db', 'init'], { cwd: project.directory })).code).toBe(0);
      expect(troubles(await doctor(project))).toMatchObject({
        'warn database': expect.stringMatching(/is in LATIN1: .* cannot be recorded$/),
      });
    },
  );

  it('finds a damaged SQLite file, also where nobody has come upon the damage', async () => {
    const project = await TestProject.create({});
    await project.deliverGroup('a');
    await project.runOnce();
    await project.damage('group_transitions');
    const report = await doctor(project);
    expect(troubles(report)).toMatchObject({
      'fail database': expect.stringMatching(/carbonation\.db is damaged: Tree \d+ /),
    });
    expect(report.checks).toContainEqual(
      expect.objectContaining({ remedy: 'restore the backup of the database, see "Restore" in docs/operations.md' }),
    );
    expect(await runCli(['db', 'status'], { cwd: project.directory })).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/^file +damaged: Tree \d+ .*; restore the backup/m),
    });
  });

  it('leaves reading a large SQLite file to db status, so that whoever asks often has an answer soon', async () => {
    const project = await TestProject.create({});
    const [check] = await databaseChecks((await project.open()).config, null, systemClock, 1);
    expect(check).toMatchObject({
      verdict: 'ok',
      message: expect.stringMatching(
        /reachable and writable; too large to be read as a whole here: `carbonation db status` does$/,
      ),
    });
    const { code, stdout } = await runCli(['db', 'status'], { cwd: project.directory });
    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^file +read as a whole: sound$/m),
    });
  });

  it('finds what the user that it runs as may not read or write', async () => {
    const project = await TestProject.create({
      config: (text) =>
        text
          .replace('[logging]', '[logging]\nfile = "logs/carbonation.log"')
          .replace(
            '[[watch]]',
            '[[watch]]\nname = "tree"\npath = "tree"\nrules = "my-rules"\nrecursive = true\n\n[[watch]]',
          ),
    });
    for (const name of ['tree/shut', 'tree/lost+found']) await mkdir(project.path(name), { recursive: true });
    await chmod(project.path('tree'), 0o755);
    for (const name of ['archive', 'logs']) await mkdir(project.path(name), { mode: 0o755 });
    await chmod(project.directory, 0o755);
    // Root may do everything: then somebody else is asked.
    const isRoot = process.getuid?.() === 0;
    for (const name of ['delivery', 'tree/shut', 'tree/lost+found'])
      await chmod(project.path(name), isRoot ? 0o700 : 0o000);
    if (!isRoot) for (const name of ['archive', 'logs', 'carbonation.db']) await chmod(project.path(name), 0o555);
    const args = [binPath, 'doctor', '--format', 'json'];
    const { code, stdout } = isRoot
      ? await runProgram('setpriv', [...asOther, process.execPath, ...args], project.directory)
      : await runProgram(process.execPath, args, project.directory);
    expect(code).toBe(1);
    expect(troubles(JSON.parse(stdout))).toMatchObject({
      'fail watch my-watch': expect.stringContaining('(EACCES)'),
      'warn watch tree': `${project.path('tree/shut')} cannot be read (EACCES)`,
      'fail archive my-archive': expect.stringContaining('cannot be written (EACCES)'),
      'fail log': `${project.path('logs')} cannot be used (EACCES)`,
      'fail database': expect.stringMatching(/readonly database|cannot be written/),
    });
  });

  it('takes away what one that was killed has left in an archive, not what another one works with', async () => {
    const project = await TestProject.create();
    const left = project.path('archive/.carbonation-doctor-aaaaaa');
    const atWork = project.path('archive/.carbonation-doctor-bbbbbb');
    for (const directory of [left, atWork]) await mkdir(directory, { recursive: true });
    await writeFile(join(left, 'part'), 'carbonation doctor\n');
    await utimes(left, 1, 1);
    expect(await doctor(project)).toMatchObject({ ok: true });
    expect(await readdir(project.path('archive'))).toEqual([basename(atWork)]);
  });

  it('finds what a link or a move would fail at, of the watches that archive so', async () => {
    const far = await mkdtemp(join(otherFileSystem, 'carbonation-doctor-'));
    onTestFinished(() => rm(far, { recursive: true }));
    await chmod(far, 0o755);
    const watch = (name: string, path: string, rules: string) =>
      `[[watch]]\nname = "${name}"\npath = "${path}"\nrules = "${rules}"\n`;
    const archive = (action: string) =>
      `[[archive]]\nname = "${action}"\nbase_path = "archive"\ndestination = "x"\naction = "${action}"\n`;
    const project = await TestProject.create({
      config: (text) =>
        [
          text,
          watch('copied', far, 'my-rules'),
          watch('linked', far, 'links'),
          watch('moved', 'tree', 'moves'),
          watch('routed', 'tree', 'routes'),
          ...['hardlink', 'move', 'symlink'].map(archive),
        ].join('\n'),
      rules: (text) => `${text}\n[links]\narchive = "hardlink"\n[moves]\narchive = "move"
[routes]\narchive = "my-archive"\n[[routes.routing]]\nmatch = "*"\narchive = "move"\n`,
    });
    await mkdir(project.path('archive'));
    await mkdir(project.path('tree'));
    const isRoot = process.getuid?.() === 0;
    for (const name of ['delivery', 'tree']) await chmod(project.path(name), isRoot ? 0o755 : 0o555);
    await chmod(project.path('archive'), 0o777);
    for (const name of ['', 'carbonation.db']) await chmod(project.path(name), isRoot ? 0o777 : 0o755);
    const args = [binPath, 'doctor', '--format', 'json'];
    const { stdout } = isRoot
      ? await runProgram('setpriv', [...asOther, process.execPath, ...args], project.directory)
      : await runProgram(process.execPath, args, project.directory);
    const unwritable = `${project.path('tree')} cannot be written: an archive with action = "move" could not remove what it has taken`;
    const found = Object.entries(troubles(JSON.parse(stdout)));
    expect(Object.fromEntries(found.filter(([name]) => /watch|archive/.test(name)))).toEqual({
      'warn watch moved': unwritable,
      'warn watch routed': unwritable,
      'warn archive hardlink': 'is on another file system than the watch linked: action = "hardlink" would fail',
    });
  });

  it.runIf(process.getuid?.() === 0)('tells who may only read SQLite when that can be done', async () => {
    const project = await TestProject.create({});
    await chmod(project.directory, 0o755);
    const look = () => runProgram('setpriv', [...asOther, process.execPath, binPath, 'status'], project.directory);
    const service = await project.start();
    expect(await look()).toMatchObject({ code: 0, stderr: '' });
    await service.stop();
    const ended = await look();
    expect([ended.code, ended.stderr]).toEqual([
      1,
      expect.stringContaining('while the service runs, whoever may read it'),
    ]);
  });

  it('goes on when the files or the database are unusable', async () => {
    const project = await TestProject.create({});
    await writeFile(project.path('rules.toml'), 'nonsense = 1\n');
    const report = await doctor(project);
    expect(troubles(report)).toMatchObject({ 'fail rules': expect.stringContaining('rules.toml:1') });
    expect(report.checks.map(({ name }) => name)).toEqual(expect.arrayContaining(['database', 'disk', 'inotify']));
    await project.edit('config.toml', (text) =>
      text.replace('drivername = "sqlite"', 'drivername = "postgresql"\nhost = "127.0.0.1"\nport = 1'),
    );
    expect(troubles(await doctor(project))).toMatchObject({
      'fail database': expect.stringContaining('cannot be opened'),
    });
    await writeFile(project.path('config.toml'), '[service]\nworkers = 0\n');
    const { code, stdout } = await runCli(['doctor'], { cwd: project.directory });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^fail {2}config +config\.toml:2: service\.workers: expected .*\n +→ correct it/m);
  });

  it.runIf(canMount())('finds a disk that is full, and an archive in memory', async () => {
    const project = await TestProject.create({});
    using small = mountTmpfs(project.path('archive'), 64);
    expect(troubles(await doctor(project))).toMatchObject({
      'fail disk archive my-archive': expect.stringContaining(`${small.path}: 0.0 GB free`),
      'warn mount my-archive': expect.stringContaining('is on tmpfs'),
    });
  });

  describe.runIf(canMount(mountSilent))('a disk that does not answer', () => {
    it('is found, be it of a watch, of an archive or below it; all the rest is checked, and the command ends', async () => {
      const watch = '[[watch]]\nname = "hung"\npath = "hung"\nrules = "my-rules"\n\n[[watch]]';
      const archive = (name: string, path: string) =>
        `[[archive]]\nname = "${name}"\nbase_path = "${path}"\ndestination = "."\n\n`;
      const project = await TestProject.create({
        config: (text) =>
          text
            .replace('[[watch]]', watch)
            .replace('[[archive]]', `${archive('away', 'away/below')}${archive('deep', 'deep')}[[archive]]`),
      });
      using hung = mountSilent(project.path('hung'));
      using away = mountSilent(project.path('away'));
      using deep = mountSilent(project.path('deep/disk'));
      const run = (...args: string[]) => runProgram(process.execPath, [binPath, ...args], project.directory);
      const [report, text, reconciled] = await Promise.all([
        run('doctor', '--format', 'json'),
        run('check', 'config'),
        run('reconcile', 'archive', '--archive', 'away'),
      ]);
      expect(report).toMatchObject({ code: 1, stderr: '' });
      const found: Report = JSON.parse(report.stdout);
      const silent = (path: string) => `${path} does not answer: its disk or server may be away`;
      expect(troubles(found)).toMatchObject({
        'fail watch hung': silent(hung.path),
        'fail archive away': silent(`${away.path}/below`),
        'fail archive deep': silent(deep.path),
      });
      const others = found.checks.filter(({ verdict }) => verdict === 'ok').map(({ name, subject }) => subject ?? name);
      expect(others).toEqual(expect.arrayContaining(['my-watch', 'my-archive', 'schema', 'inotify']));
      expect(text).toMatchObject({ code: 0, stdout: expect.stringContaining(`: ${silent(hung.path)}\n`) });
      const error = `error: ${silent(`${away.path}/below`)}\n`;
      expect(reconciled).toMatchObject({ code: 1, stderr: expect.stringContaining(error) });
    });

    it('of the database or the log is found, too', async () => {
      const project = await TestProject.create({});
      await project.edit('config.toml', (text) =>
        text.replace('"carbonation.db"', '"hung/carbonation.db"').replace('[logging]', '[logging]\nfile = "hung/log"'),
      );
      using hung = mountSilent(project.path('hung'));
      const found = await doctor(project);
      const silent = `${hung.path} does not answer: its disk or server may be away`;
      expect(troubles(found)).toMatchObject({ 'fail database': silent, 'fail log': silent });
      expect(found.checks.map(({ name }) => name)).toEqual(expect.arrayContaining(['watch', 'archive', 'inotify']));
    });
  });

  it.runIf(canMount())(
    'says of a database on a disk that is read-only what helps, not to look at its rights',
    async () => {
      const project = await TestProject.create({});
      using disk = mountBind(project.directory, project.directory);
      execFileSync('mount', ['-o', 'remount,bind,ro', disk.path]);
      const { checks } = await doctor(project);
      expect(checks.find(({ name }) => name === 'database')).toMatchObject({
        verdict: 'fail',
        remedy: expect.stringContaining('make the disk writable again'),
      });
    },
  );
});
