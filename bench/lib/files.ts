import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A directory below which all of a run is measured. Nothing in it is removed before its end: creating files beside
 * recently deleted ones is slow on ext4, and `chattr +T` has it spread the directories over the disk.
 */
export class Root implements Disposable {
  /** In `CARBONATION_BENCH_DIR`, else in the directory for temporary files. */
  readonly path = mkdtempSync(join(process.env['CARBONATION_BENCH_DIR'] ?? tmpdir(), 'carbonation-bench-'));
  /** Whether the file system could be told to spread the directories. */
  readonly isSpread: boolean;
  #count = 0;

  constructor() {
    this.isSpread = this.#spread();
  }

  #spread(): boolean {
    try {
      execFileSync('chattr', ['+T', this.path], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  }

  /** What kind of file system it is on, as `stat` says. */
  get fileSystem(): string {
    return execFileSync('stat', ['-f', '-c', '%T', this.path], { encoding: 'utf8' }).trim();
  }

  /** The path of a directory that does not exist yet, directly below this one. */
  fresh(name: string): string {
    this.#count += 1;
    return join(this.path, `${String(this.#count).padStart(3, '0')}-${name}`);
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** Writes everything to disk that was written below a directory, so that no measured command pays for it. */
export function syncFileSystem(directory: string): void {
  execFileSync('sync', ['-f', directory]);
}

/** Reads all files below a directory, so that the kernel has them in memory: it may let go of what is not used for a while. */
export function readAll(directory: string): void {
  execFileSync('sh', ['-c', 'find "$1" -type f -exec cat {} + > /dev/null', 'sh', directory]);
}

/** How many files there are below a directory, in all of its directories; 0 when it does not exist. */
export function countFiles(directory: string): number {
  try {
    return readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 0;
    throw error;
  }
}

/** Throws when the outcome of what was measured is not the right one: a figure of it would mean nothing. */
export function expectCount(what: string, found: number, expected: number): void {
  if (found !== expected) throw new Error(`${what}: ${found} instead of ${expected}; no figure`);
}
