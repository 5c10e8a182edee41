import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync } from 'node:fs';
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

/** A disk that does not answer, as a hard NFS mount whose server is away: what waits for it can be killed. Only where {@link canMount} says so of it. */
export function mountSilent(path: string): Mounted {
  mkdirSync(path, { recursive: true });
  // FUSE without anybody who would read what is asked of it.
  const device = openSync('/dev/fuse', 'r+');
  const options = 'fd=3,rootmode=40000,user_id=0,group_id=0';
  execFileSync('mount', ['-i', '-t', 'fuse', '-o', options, 'silent', path], {
    stdio: ['pipe', 'pipe', 'pipe', device],
  });
  const unmount = (): void => {
    closeSync(device);
    execFileSync('umount', ['-l', path], { stdio: 'pipe' });
  };
  return { path, [Symbol.dispose]: unmount };
}

function mounted(path: string, args: readonly string[]): Mounted {
  mkdirSync(path, { recursive: true });
  execFileSync('mount', [...args], { stdio: 'pipe' });
  return { path, [Symbol.dispose]: () => void execFileSync('umount', [path], { stdio: 'pipe' }) };
}

/** Whether this process may mount; says so on stderr when it may not, because tests are left out then. */
export function canMount(mount: (path: string) => Mounted = (path) => mountTmpfs(path, 16)): boolean {
  const path = mkdtempSync(join(tmpdir(), 'carbonation-mount-'));
  try {
    mount(path)[Symbol.dispose]();
    return true;
  } catch (error) {
    process.stderr.write(`SKIPPED: tests that mount a file system; this process may not mount (${String(error)})\n`);
    return false;
  } finally {
    rmSync(path, { recursive: true });
  }
}
