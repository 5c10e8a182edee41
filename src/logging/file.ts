import { fstat } from 'node:fs';
import { lstat, readdir, rename, rm, stat, symlink } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { promisify } from 'node:util';
import { systemClock } from '../core/clock.ts';
import { CarbonationError, isAbsence, messageOf, systemCode } from '../errors/index.ts';

/** Where log lines of a file go. */
export interface LogFile {
  write(line: string): void;
  /** Done when everything written so far is on disk. */
  flush(): Promise<void>;
}

/** Of lines that cannot be written as many are kept as this, and follow when there is room; then new ones are dropped. In bytes. */
const keptBytes = 16 << 20;

/** How often it is looked whether the file still has its name, in ms: what is written to a deleted one nobody can read. */
const lookEveryMs = 60_000;

/** How the files of one log are rotated and deleted. */
export interface LogFileOptions {
  /** Absolute path as configured, `app.log`; the files are `app.1.log`, `app.2.log` …, and `app.log` links to the newest. */
  readonly path: string;
  readonly rotationBytes: number;
  readonly retentionMs: number;
  /** Hears of what fails later: a full disk must not end the service. */
  readonly report: (message: string) => void;
  /** ms, of a clock that never jumps; the computer's own unless given. */
  readonly monotonic?: () => number;
}

/**
 * Opens a log file that rotates by size; files older than the retention are deleted now and after each rotation.
 *
 * @throws CarbonationError CONFIG_INVALID when the file cannot be written.
 */
export async function openLogFile(options: LogFileOptions): Promise<LogFile> {
  const { path, report, monotonic = () => systemClock.monotonic() } = options;
  const { default: open } = await import('pino-roll');
  try {
    // With a minimum length of 1 every line is written at once, and a flush waits for the disk.
    const stream = await open({
      file: path,
      size: `${options.rotationBytes}b`,
      mkdir: true,
      minLength: 1,
      maxLength: keptBytes,
    });
    await new Promise<void>((resolve, reject) => {
      stream.once('ready', resolve);
      stream.once('error', reject);
    });
    stream.removeAllListeners('error');
    const tidy = async (): Promise<void> => {
      await linkNewest(path, stream.file).catch((error: unknown) => report(`${path}: ${messageOf(error)}`));
      await deleteOld(options, stream.file).catch((error: unknown) => report(`old log files: ${messageOf(error)}`));
    };
    let tidying = tidy();
    await tidying;
    let failed = false;
    const fail = (reason: string): void => {
      if (failed) return;
      // First of all: the report is a line, too.
      failed = true;
      report(`the log file ${path} cannot be written: ${reason}`);
    };
    stream.on('error', (error: unknown) => {
      forgetVainTries();
      fail(messageOf(error));
    });
    stream.on('drop', () => fail('its disk does not keep up'));
    stream.on('write', () => (failed = false));
    /** What the stream is at, once it neither opens a file nor is to. */
    let at: string | null = stream.file;
    // Each rotation opens a file, and says so.
    const opened = (): void => {
      at = stream.file;
      tidying = tidying.then(tidy);
    };
    stream.on('ready', opened);
    // For each file that it could not open the stream would close its former one, once the next is open: all but the first time
    // that may be a file of somebody else, who has got its number meanwhile.
    const forgetVainTries = (): void => {
      stream.removeAllListeners('ready');
      stream.on('ready', opened);
      at = stream.file;
    };
    const keepNames = async (): Promise<void> => {
      // Opening another file while one is being opened, the stream would write to what it closes.
      if (stream.file !== at) return;
      const size = await sizeUnderItsName(stream);
      // A flush that failed as the next one was due has pino-roll wait for it for ever.
      if (size === null || size > options.rotationBytes * 2) {
        if (stream.file !== at) return;
        at = null;
        stream.reopen(size === null ? undefined : nextOf(stream.file));
      } else if (!(await isThere(path))) await linkNewest(path, stream.file);
    };
    let lookedAt = monotonic();
    return {
      write(line) {
        const now = monotonic();
        if (now - lookedAt >= lookEveryMs) {
          lookedAt = now;
          tidying = tidying.then(keepNames).catch((error: unknown) => fail(messageOf(error)));
        }
        stream.write(line);
      },
      async flush() {
        // What it has opened is written, and linked then.
        await tidying;
        await new Promise<void>((resolve) => stream.flush(() => resolve()));
        await tidying;
      },
    };
  } catch (cause) {
    throw new CarbonationError('CONFIG_INVALID', `the log file ${path} cannot be written: ${messageOf(cause)}`, {
      cause,
      remedy: 'correct `[logging] file` in config.toml, or the permissions of its directory',
    });
  }
}

/** How large the file that is written is, in bytes; null: somebody has removed or renamed it, or its directory. */
async function sizeUnderItsName({ file, fd }: { readonly file: string; readonly fd: number }): Promise<number | null> {
  if (fd < 0) return 0;
  try {
    const written = await promisify(fstat)(fd);
    const named = await stat(file);
    return named.ino === written.ino && named.dev === written.dev ? written.size : null;
  } catch (error) {
    // What cannot be looked at now is told by writing it.
    return isAbsence(error) ? null : 0;
  }
}

/** The name with the next number. */
function nextOf(file: string): string {
  return file.replace(/(?<=\.)\d+(?=\.[^./]+$)/, (number) => String(Number(number) + 1));
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    return !isAbsence(error);
  }
}

/** Tells the numbered files of a log from everything else in its directory. */
function isNumbered(path: string): (name: string) => boolean {
  const extension = extname(path);
  const start = `${basename(path, extension)}.`;
  const end = extension === '' ? '.log' : extension;
  return (name) =>
    name.startsWith(start) && name.endsWith(end) && /^\d+$/.test(name.slice(start.length, name.length - end.length));
}

// A file under the configured name is someone's; only a link is ours to replace.
async function linkNewest(path: string, newest: string): Promise<void> {
  const there = await lstat(path).catch(() => null);
  if (there !== null && !there.isSymbolicLink()) return;
  const draft = `${path}.link-${process.pid}`;
  await rm(draft, { force: true });
  await symlink(basename(newest), draft);
  await rename(draft, path);
}

async function deleteOld({ path, retentionMs }: LogFileOptions, newest: string): Promise<void> {
  const directory = dirname(path);
  const isOurs = isNumbered(path);
  const oldest = systemClock.now() - retentionMs;
  for (const entry of await readdir(directory)) {
    if (!isOurs(entry) || entry === basename(newest)) continue;
    const file = join(directory, entry);
    try {
      const found = await stat(file);
      if (found.isFile() && found.mtimeMs < oldest) await rm(file, { force: true });
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error;
    }
  }
}
