/**
 * The first five minutes, by itself: makes a project in a scratch directory,
 * lays out a real delivery, runs the service once, and says what came in, what
 * was archived where, and what waits and why. Ends with 0 only if that is what
 * was to be expected, checked on disk by hash.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { promisify } from 'node:util';

const bin = join(import.meta.dirname, '..', 'bin', 'carbonation.js');
const run = promisify(execFile);

/** What must come of the delivery: where each group goes, or why it stays. */
const expected: Readonly<Record<string, string>> = {
  naturalearth_cities: 'archive/reference/point/2022',
  naturalearth_lowres: 'waiting for .shp, .shx, .dbf',
  point: 'archive/partner/point/001-records',
  polygon: 'archive/partner/polygon/001-records',
  line: 'archive/partner/line/001-records',
  NullTest: 'archive/partner/point/003-records',
  multipatch: 'multipatch',
  corrupt_too_long: 'its header says 1144',
  latin1: 'waiting for .shx',
  onlydbf: 'waiting for .shp, .shx',
};

interface Report {
  readonly groups: readonly {
    readonly watchName: string;
    readonly groupKey: string;
    readonly state: string;
    readonly reason: string | null;
    readonly archivePath: string | null;
    readonly files: number;
  }[];
}

function say(line = ''): void {
  process.stdout.write(`${line}\n`);
}

async function carbonation(directory: string, ...args: readonly string[]): Promise<string> {
  say(`$ carbonation ${args.join(' ')}`);
  const { stdout } = await run(process.execPath, [bin, ...args], { cwd: directory });
  return stdout;
}

async function filesIn(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

async function sha256(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}

/** What is wrong with the outcome, one line each. */
async function check(directory: string, { groups }: Report): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const [key, wanted] of Object.entries(expected)) {
    const group = groups.find(({ groupKey }) => groupKey === key);
    const found =
      group?.state === 'archived' ? relative(directory, group.archivePath ?? '') : (group?.reason ?? 'nothing');
    if (!found.includes(wanted)) problems.push(`${key}: expected "${wanted}", found "${found}"`);
  }
  const archived = new Set(groups.filter(({ state }) => state === 'archived').map(({ groupKey }) => groupKey));
  const delivered = (await filesIn(join(directory, 'delivery'))).filter((path) =>
    archived.has(basename(path).slice(0, basename(path).lastIndexOf('.'))),
  );
  const inArchive = await filesIn(join(directory, 'archive'));
  for (const path of delivered) {
    const copies = inArchive.filter((copy) => basename(copy) === basename(path));
    const isSame = copies[0] !== undefined && (await sha256(copies[0])) === (await sha256(path));
    if (copies.length !== 1 || !isSame)
      problems.push(`${basename(path)}: ${copies.length} copies, same content: ${isSame}`);
  }
  if (inArchive.length !== delivered.length)
    problems.push(`${inArchive.length} files archived, ${delivered.length} expected`);
  return problems;
}

const directory = await mkdtemp(join(tmpdir(), 'carbonation-demo-'));
try {
  say(`A project in ${directory}:`);
  await carbonation(directory, 'init');
  await rm(join(directory, 'my_plugin'), { recursive: true });
  await cp(join(import.meta.dirname, 'project'), directory, { recursive: true, force: true });
  await cp(join(import.meta.dirname, 'delivery'), join(directory, 'delivery'), { recursive: true });
  say('(with the demonstration’s own plugin and rules for shapefiles, and a delivery)');
  say(await carbonation(directory, 'check', 'config'));
  say(await carbonation(directory, 'db', 'init'));
  const report: Report = JSON.parse(await carbonation(directory, 'run', '--once', '--format', 'json'));
  const archived = report.groups.filter(({ state }) => state === 'archived');
  const others = report.groups.filter(({ state }) => state !== 'archived');
  say(
    `\nCame in: ${report.groups.reduce((sum, { files }) => sum + files, 0)} files in ${report.groups.length} groups.`,
  );
  say('\nArchived:');
  for (const { groupKey, files, archivePath } of archived) {
    say(`  ${groupKey.padEnd(22)} ${files} files → ${relative(directory, archivePath ?? '')}`);
  }
  say('\nNot archived:');
  for (const { groupKey, state, reason } of others) say(`  ${groupKey.padEnd(22)} ${state.padEnd(13)} ${reason ?? ''}`);
  say();
  say(await carbonation(directory, 'status'));
  const problems = await check(directory, report);
  for (const problem of problems) say(`NOT AS EXPECTED  ${problem}`);
  if (problems.length === 0) say('Every archived file has the SHA-256 of its delivery.');
  process.exitCode = problems.length === 0 ? 0 : 1;
} finally {
  await rm(directory, { recursive: true, force: true });
}
