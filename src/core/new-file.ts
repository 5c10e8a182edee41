import {
  chmodSync,
  closeSync,
  lstatSync,
  openSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  type Stats,
} from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { randomId } from './ids.ts';

/**
 * Writes a file that must not be there yet. One that cannot be written whole, as on a full disk, is taken away again: whoever comes
 * next would take it for somebody's work. So would whoever comes after a Ctrl+C: it is written in one go.
 *
 * @throws the system's error, `EEXIST` if something has its name
 */
export async function writeNewFile(path: string, content: string): Promise<void> {
  const file = openSync(path, 'wx');
  try {
    try {
      writeFileSync(file, content);
    } finally {
      // Some shares say only here that they are full.
      closeSync(file);
    }
  } catch (thrown) {
    rmSync(path, { force: true });
    throw thrown;
  }
}

/**
 * Writes a file, whatever is there. What was there stays until all of the new content is, also where the disk is full or the
 * process is killed. A link stays, and what it leads to is written.
 *
 * @throws the system's error
 */
export function writeWholeFile(path: string, content: string): void {
  const former = statSync(path, { throwIfNoEntry: false });
  const place = former === undefined || isOwnFile(former) ? placeOf(path) : null;
  if (place === null) return writeFileSync(path, content);
  const whole = join(dirname(place), `.${randomId()}.tmp`);
  try {
    writeFileSync(whole, content, { flag: 'wx' });
    if (former !== undefined) chmodSync(whole, former.mode & 0o7777);
    renameSync(whole, place);
  } catch (thrown) {
    rmSync(whole, { force: true });
    const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
    // Whoever may write the file need not be allowed to put another one into its directory.
    if (former === undefined || (code !== 'EACCES' && code !== 'EPERM')) throw thrown;
    writeFileSync(path, content);
  }
}

/** Whether another file may take its place: nobody else has it, and it has no other name. */
function isOwnFile(found: Stats): boolean {
  return found.isFile() && found.nlink === 1 && found.uid === process.geteuid?.();
}

/** Where a path really is, behind links; null: at what is open already, where whoever has opened it goes on writing. */
function placeOf(path: string): string | null {
  if (/^\/(dev|proc)\//.test(path)) return null;
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return path;
  return placeOf(resolve(realpathSync(dirname(path)), readlinkSync(path)));
}

/**
 * Makes a directory and those above it, where there are none. Not by `recursive`, which never ends where the system says only that
 * something is missing, as below /proc.
 *
 * @throws the system's error, `EEXIST` or `ENOTDIR` if something else is in the way
 */
export async function makeDirectories(path: string): Promise<void> {
  const missing: string[] = [];
  for (let at = path; !(await isDirectory(at)); at = dirname(at)) missing.unshift(at);
  for (const directory of missing) {
    await mkdir(directory).catch(async (error: unknown) => {
      // Somebody else may have just made it.
      if (!(await isDirectory(directory))) throw error;
    });
  }
}

function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
