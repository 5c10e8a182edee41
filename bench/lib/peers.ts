import { spawnSync } from 'node:child_process';
import { countFiles, expectCount, readAll, syncFileSystem } from './files.ts';
import { measureCommand } from './process.ts';

/** Whether a program is installed. */
export function isInstalled(program: string): boolean {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined;
}

/** Shell commands that copy the directory `$1` to `$2`, which does not exist yet, and put the copy on disk. */
const copies = {
  'cp -a': 'cp -a "$1" "$2" && sync -f "$2"',
  'rsync -a --checksum': 'rsync -a --checksum "$1/" "$2" && sync -f "$2"',
};

/** Seconds in which a directory's files are copied to a fresh directory and are on disk. */
export async function copySeconds(how: keyof typeof copies, from: string, to: string): Promise<number> {
  const { seconds } = await measureCommand('sh', ['-c', copies[how], 'sh', from, to], { cwd: '/' });
  expectCount(`files copied by ${how}`, countFiles(to), countFiles(from));
  return seconds;
}

/** A list with a different one first in each round: who comes first finds the machine as the round before left it. */
export function rotated<Item>(items: readonly Item[], round: number): Item[] {
  const first = round % items.length;
  return [...items.slice(first), ...items.slice(0, first)];
}

/**
 * Runs one round of contestants in turns. What the one before wrote is on disk, and what all of them read is in memory,
 * before the next begins.
 */
export async function inTurns(
  round: number,
  source: string,
  contestants: readonly (() => Promise<void>)[],
): Promise<void> {
  for (const contestant of rotated(contestants, round)) {
    syncFileSystem(source);
    readAll(source);
    await contestant();
  }
}
