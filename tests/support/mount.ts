import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where a second file system usually is. */
export const otherFileSystem = '/dev/shm';

/** A mounted directory, unmounted by `using`. */
export type Mounted = Disposable & { readonly path: string };

/** A small file system in memory, e.g. to have one that is full. Only where {@link canMount}. */
export function mountTmpfs(path: string, kibibytes: number): Mounted {
  return mounted(path, ['-t', 'tmpfs', '-o', `size=${kibibytes}k`, 'tmpfs', path]);
}

/** The same directory a second time: same device number, and no links between the two. Only where {@link canMount}. */
export function mountBind(from: string, path: string): Mounted {
  return mounted(path, ['--bind', from, path]);
}

function mounted(path: string, args: readonly string[]): Mounted {
  mkdirSync(path, { recursive: true });
  execFileSync('mount', [...args], { stdio: 'pipe' });
  return { path, [Symbol.dispose]: () => void execFileSync('umount', [path], { stdio: 'pipe' }) };
}

/** Whether this process may mount; says so on stderr when it may not, because tests are left out then. */
export function canMount(): boolean {
  const path = mkdtempSync(join(tmpdir(), 'carbonation-mount-'));
  try {
    mountTmpfs(path, 16)[Symbol.dispose]();
    return true;
  } catch (error) {
    process.stderr.write(`SKIPPED: tests that mount a file system; this process may not mount (${String(error)})\n`);
    return false;
  } finally {
    rmSync(path, { recursive: true });
  }
}
