/**
 * Groups per second of `carbonation run --once`, durable, beside `cp -a` and
 * `sync` of the same files in the same run. Only ratios within one run mean
 * something: the machine's speed drifts.
 *
 * Usage: node bench/run.ts [groups] [rounds]
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

const groups = Number(process.argv[2] ?? 2000);
const rounds = Number(process.argv[3] ?? 3);
const bin = join(import.meta.dirname, '..', 'bin', 'carbonation.js');
const textBytes = 20_000;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Seconds that a command takes, as a whole process. */
function time(run: () => void): number {
  const start = performance.now();
  run();
  return (performance.now() - start) / 1000;
}

function carbonation(directory: string, ...args: readonly string[]): string {
  return execFileSync(process.execPath, [bin, ...args], {
    cwd: directory,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

function makeProject(directory: string, count: number): void {
  mkdirSync(directory);
  carbonation(directory, 'init');
  const text = Buffer.alloc(textBytes, 'the content of the delivered file\n');
  for (let i = 0; i < count; i += 1) {
    const sample = {
      start: '2026-01-01T00:00:00Z',
      stop: '2026-01-01T01:00:00Z',
      category: 'alpha',
      source: `station ${i}`,
    };
    writeFileSync(join(directory, 'delivery', `g${i}.json`), JSON.stringify(sample));
    text.write(String(i));
    writeFileSync(join(directory, 'delivery', `g${i}.txt`), text);
  }
  const config = readFileSync(join(directory, 'config.toml'), 'utf8');
  // A line a group on stderr is not what is measured.
  writeFileSync(join(directory, 'config.toml'), config.replace(/^# level = .*$/m, 'level = "WARNING"'));
  carbonation(directory, 'db', 'init');
}

function stats(values: readonly number[], digits = 2): string {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => (sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN).toFixed(digits);
  return `min ${at(0)}  median ${at(0.5)}  max ${at(1)}`;
}

const root = mkdtempSync(join(process.env['CARBONATION_BENCH_DIR'] ?? tmpdir(), 'carbonation-bench-'));
try {
  // ext4 then spreads the directories over the disk: creating files beside recently deleted ones is slow.
  execFileSync('chattr', ['+T', root], { stdio: 'ignore' });
} catch {
  say('(no chattr +T here: figures on ext4 may suffer from files deleted before)');
}
say(
  `${groups} groups of two files (JSON, ${textBytes} bytes), ${rounds} rounds, ${cpus().length} cores, Node ${process.version}`,
);
const copy: number[] = [];
const whole: number[] = [];
const idle: number[] = [];
try {
  for (let round = 0; round < rounds; round += 1) {
    const directory = join(root, `round-${round}`);
    const empty = join(root, `empty-${round}`);
    makeProject(directory, groups);
    makeProject(empty, 1);
    execFileSync('sync', ['-f', root]);
    // The default settle time is over, so that no round waits for it.
    await wait(2500);
    copy.push(
      time(() => {
        execFileSync('cp', ['-a', join(directory, 'delivery'), join(directory, 'copy')]);
        execFileSync('sync', ['-f', directory]);
      }),
    );
    idle.push(time(() => carbonation(empty, 'run', '--once')));
    whole.push(time(() => carbonation(directory, 'run', '--once')));
    const archive = join(directory, 'archive/alpha/20260101');
    const archived = existsSync(archive) ? readdirSync(archive).length : 0;
    if (archived !== groups * 2) throw new Error(`${archived} files archived, ${groups * 2} expected`);
  }
  const net = whole.map((seconds, i) => seconds - (idle[i] ?? 0));
  say(`cp -a + sync            s          ${stats(copy)}`);
  say(`run --once, one group   s          ${stats(idle)}`);
  say(`run --once              s          ${stats(whole)}`);
  say(
    `start-up apart          groups/s   ${stats(
      net.map((seconds) => groups / seconds),
      0,
    )}`,
  );
  say(`start-up apart / cp -a  ratio      ${stats(net.map((seconds, i) => seconds / (copy[i] ?? Number.NaN)))}`);
} finally {
  rmSync(root, { recursive: true, force: true });
}
