import { durabilityChecks } from '../../src/doctor/database.ts';
import { statfs } from 'node:fs/promises';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { archiveChecks, logChecks } from '../../src/doctor/directories.ts';
import { checksOf } from '../../src/doctor/types.ts';
import { diskChecks } from '../../src/doctor/disk.ts';
import { inotifyChecks } from '../../src/doctor/inotify.ts';
import { notifierChecks } from '../../src/doctor/notifiers.ts';
import { mountChecks } from '../../src/doctor/mounts.ts';
import { projectChecks } from '../../src/doctor/index.ts';
import { useConfigDirectory } from '../support/config-directory.ts';

const directory = useConfigDirectory();
const project = `[[watch]]\nname = "w"\npath = "in"\nrules = "r"\nrecursive = true
[[archive]]\nname = "a"\nbase_path = "archive"\ndestination = "x"\n`;

/** A file system that is like the real one but for some of its numbers. */
function fileSystem(changes: Readonly<Record<string, number>>): typeof statfs {
  return (async (path: string) => ({ ...(await statfs(path)), ...changes })) as unknown as typeof statfs;
}

const words = (checks: readonly { verdict: string; subject: string | null }[]) =>
  checks.map(({ verdict, subject }) => `${verdict} ${subject ?? ''}`.trim());

it('room on the disks: what is left, in bytes, in percent and in inodes', async () => {
  const config = await directory.load(`${project}[logging]\nfile = "log"\n`);
  const verdicts = async (changes: Readonly<Record<string, number>>) =>
    words(
      await diskChecks(
        config,
        new Set(),
        fileSystem({ bsize: 4096, blocks: 1e9, bavail: 5e8, files: 1000, ffree: 500, ...changes }),
      ),
    );
  expect(await verdicts({})).toEqual(['ok archive a', 'ok database', 'ok log']);
  expect(await verdicts({ bavail: 4e7 })).toEqual(['warn archive a', 'warn database', 'warn log']);
  expect(await verdicts({ bavail: 100 })).toEqual(['fail archive a', 'fail database', 'fail log']);
  expect(await verdicts({ ffree: 10 })).toEqual(['warn archive a', 'warn database', 'warn log']);
  expect(await verdicts({ files: 0, ffree: 0 })).toEqual(['ok archive a', 'ok database', 'ok log']);
});

it('network disks: no events for a watch, no SQLite', async () => {
  const config = await directory.load(project);
  const verdicts = async (type: number) => words(await mountChecks(config, new Set(), fileSystem({ type })));
  expect(await verdicts(0x69_69)).toEqual(['warn w', 'fail database']);
  expect(await verdicts(0x01_02_19_94)).toEqual(['warn a']);
  expect(await verdicts(0xef_53)).toEqual(['ok']);
});

it('archives: what their disk cannot do, and what helps', async () => {
  const text = async (action: string, syscall: string, code = 'EPERM') => {
    const config = await directory.load(`${project}action = "${action}"\n`);
    const [check] = await archiveChecks(config, null, () =>
      Promise.reject(Object.assign(new Error(), { syscall, code })),
    );
    return `${check?.verdict}: ${check?.message}; ${check?.remedy}`;
  };
  expect(await text('copy', 'link')).toMatch(
    /^warn: .* takes no hard links \(EPERM\): files get .* renamed; let nobody/,
  );
  expect(await text('hardlink', 'link')).toMatch(
    /^fail: .* takes no hard links \(EPERM\); use action = "copy" or "move"$/,
  );
  expect(await text('copy', 'futime')).toMatch(
    /^fail: .* not let files have their own mode or time \(EPERM\); mount it so/,
  );
  expect(await text('copy', 'fchmod')).toMatch(/^fail: .* their own mode or time/);
  expect(await text('copy', 'open')).toMatch(/^fail: .* cannot be written \(EPERM\); let the user/);
  // A limit is one at each step, and nothing that the disk cannot do.
  expect(await text('copy', 'open', 'EMFILE')).toMatch(/ cannot be written \(EMFILE\); raise the limit of open files/);
  expect(await text('copy', 'link', 'ENOSPC')).toMatch(/^fail: .* cannot be written \(ENOSPC\); make room .*`df -i`/);
  expect(await text('copy', 'mkdtemp', 'EROFS')).toMatch(/ cannot be written \(EROFS\); make the disk writable again/);

  const symlinks = await directory.load(`${project}action = "symlink"\n`);
  const refuse = (_: string, mode: number | null) =>
    Promise.reject(Object.assign(new Error(), { syscall: mode === null ? 'symlink' : 'link', code: 'ENOSYS' }));
  expect((await archiveChecks(symlinks, null, refuse))[0]).toMatchObject({
    verdict: 'fail',
    message: expect.stringContaining('takes no symbolic links (ENOSYS)'),
    remedy: 'use action = "copy" or "move"',
  });

  const ownInodes = async (action: string) => {
    const config = await directory.load(`${project}action = "${action}"\n`);
    return (await archiveChecks(config, null, () => Promise.resolve(false)))[0];
  };
  expect(await ownInodes('move')).toMatchObject({ verdict: 'ok' });
  const refused = { verdict: 'fail', message: expect.stringContaining('an inode number of its own') };
  expect(await ownInodes('hardlink')).toMatchObject({ ...refused, remedy: 'use action = "copy" or "move"' });
});

it('file events: directories against the limit of the kernel', async () => {
  for (const name of ['in/a/b', 'in/c']) mkdirSync(join(directory.path, name), { recursive: true });
  const config = await directory.load(project);
  expect(await inotifyChecks(config, () => Promise.resolve(5))).toMatchObject([
    { verdict: 'ok', message: '4 directories to watch, the limit is 5' },
  ]);
  expect(await inotifyChecks(config, () => Promise.resolve(4))).toMatchObject([
    { verdict: 'warn', remedy: expect.stringContaining('max_user_watches=8 ') },
  ]);
  // Another system than Linux.
  expect(await inotifyChecks(config, () => Promise.resolve(null))).toEqual([]);
});

it('the log: whether its file can be written', async () => {
  const said = async (file: string) => {
    const [check] = await logChecks(await directory.load(`[logging]\nfile = "${file}"\n`));
    return `${check?.verdict}: ${check?.message}`;
  };
  const log = join(directory.path, 'logs/carbonation.log');
  expect(await said('logs/carbonation.log')).toBe(`ok: ${log}: writable`);
  expect(await said('config.toml/carbonation.log')).toBe(`fail: ${directory.configPath} is not a directory`);
  expect(await logChecks(await directory.load(''))).toEqual([]);
});

it('what is quoted of config.toml is told without the password of a URL', async () => {
  const { message } = checksOf('database').fail('the database x on postgresql://u:s3cret@host/db cannot be opened');
  expect(message).toBe('the database x on postgresql://u:***@host/db cannot be opened');
});

it('notifiers: whether what they call is there', async () => {
  const config = await directory.load(`[[notify]]\nname = "a"\non = ["failed"]\ncommand = ["sh"]
[[notify]]\nname = "b"\non = ["failed"]\ncommand = ["no-such-program"]
[[notify]]\nname = "c"\non = ["failed"]\ncommand = ["./tell"]
[[notify]]\nname = "d"\non = ["failed"]\nurl = "https://host/"\ntoken_file = "token"
[[notify]]\nname = "e"\non = ["failed"]\ncommand = ["./directory"]
[[notify]]\nname = "f"\non = ["failed"]\nurl = "https://host/"\ntoken_file = "two-lines"\n`);
  mkdirSync(join(directory.path, 'directory'));
  writeFileSync(join(directory.path, 'two-lines'), 'to\nken\n');
  expect((await notifierChecks(config)).map(({ subject, message }) => `${subject}: ${message}`)).toEqual([
    'b: no-such-program is not in PATH',
    `c: ${join(directory.path, 'tell')} cannot be run (ENOENT)`,
    `d: ${join(directory.path, 'token')} does not exist`,
    `e: ${join(directory.path, 'directory')} cannot be run (it is no file)`,
    `f: ${join(directory.path, 'two-lines')} holds no token on one line`,
  ]);
});

it.each([
  ['20.11.1', 'fail'],
  ['22.21.9', 'fail'],
  ['22.22.0', 'warn'],
  ['24.0.0', 'ok'],
  ['25.1.0', 'ok'],
])('Node %s: %s', (version, verdict) => {
  const checked = {
    config: 'c',
    rules: 'r',
    watches: 0,
    archives: 0,
    ruleSets: 0,
    plugin: { name: 'p', columns: 0, migrations: 0 },
  };
  expect(projectChecks({ problems: [], checked }, version)[0]).toMatchObject({ name: 'node', verdict });
});

it('a server that may lose what it has committed: each setting, and what helps', () => {
  expect(durabilityChecks('x on db', [])).toEqual([]);
  expect(durabilityChecks('x on db', ['fsync = off'])).toEqual([
    expect.objectContaining({
      verdict: 'warn',
      message: expect.stringMatching(/^x on db: fsync = off: .* records may be lost/),
      remedy: expect.stringContaining('`fsync`'),
    }),
  ]);
});
