import { access, constants, link, lstat, mkdtemp, open, readdir, readlink, rm, stat, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isMissing, isOther, unusable } from '../config/check-host.ts';
import { setOf } from '../config/check-support.ts';
import type { ArchiveConfig, Config, WatchConfig } from '../config/types.ts';
import { shellWord, trialPrefix } from '../core/index.ts';
import { limitRemedies, systemCode } from '../errors/index.ts';
import type { Rules } from '../rules/types.ts';
import { checksOf, type Check } from './types.ts';

/** Whether each delivery directory is there and can be read, and emptied where files are moved. */
export async function watchChecks({ watches, archives }: Config, rules: Rules | null): Promise<readonly Check[]> {
  const moving = archives.filter(({ action }) => action === 'move');
  return Promise.all(
    watches.map((watch) =>
      watchCheck(
        watch,
        moving.some(({ name }) => mayArchiveTo(name, watch, rules)),
      ),
    ),
  );
}

/** Whether files of a watch may come into an archive: what a plugin routes may go anywhere, and so may all where nothing is known of the rules. */
function mayArchiveTo(archive: string, watch: WatchConfig, rules: Rules | null): boolean {
  const set = rules === null ? null : setOf(rules, watch);
  if (set === null || (set.archive ?? watch.archive) === archive) return true;
  return set.routing.some((rule) => rule.type === 'plugin' || rule.archive === archive);
}

async function watchCheck({ name, path }: WatchConfig, isMoved: boolean): Promise<Check> {
  const check = checksOf('watch', name);
  const why = await unusable(path, constants.R_OK | constants.X_OK, 'used');
  if (why !== null) {
    const remedies: Readonly<Record<string, string>> = {
      [isMissing]: 'make it, or mount its disk',
      [isOther]: 'correct `path` of the watch in config.toml',
    };
    const rights = `let the user of the service read it; \`ls -ld ${shellWord(path)}\` shows who may`;
    return check.fail(`${path} ${why}`, remedies[why] ?? rights);
  }
  if (isMoved && (await unusable(path, constants.W_OK, 'used')) !== null) {
    const text = `${path} cannot be written: an archive with action = "move" could not remove what it has taken`;
    return check.warn(text, 'let the user of the service write it, or use action = "copy"');
  }
  return check.ok(`${path}: readable`);
}

/** Whether the log file can be written, without which nothing starts. */
export async function logChecks({ logging: { file } }: Config): Promise<readonly Check[]> {
  if (file === null) return [];
  const check = checksOf('log');
  const directory = await nearest(dirname(file));
  const why = await unusable(directory, constants.W_OK | constants.X_OK, 'used');
  const ofFile = await access(file, constants.W_OK).catch(systemCode);
  const remedy =
    'let the user of the service write it, or correct `[logging] file`; under systemd, ReadWritePaths= must list it';
  if (why !== null) return [check.fail(`${directory} ${why}`, remedy)];
  if (typeof ofFile === 'string' && ofFile !== 'ENOENT')
    return [check.fail(`${file} cannot be written (${ofFile})`, remedy)];
  return [check.ok(`${file}: writable`)];
}

/** Whether there is an archive's directory at all. */
export async function isMade({ basePath }: ArchiveConfig): Promise<boolean> {
  return (await nearest(basePath)) === basePath;
}

/** Which of some files are gone; one that cannot be looked at is not. */
export async function goneOf(paths: readonly string[]): Promise<readonly string[]> {
  const looked = await Promise.all(paths.map((path) => lstat(path).catch((error: unknown) => systemCode(error))));
  return paths.filter((_, index) => looked[index] === 'ENOENT');
}

/** Whether each archive takes what its action makes: symbolic links, or files with mode and times, flushed, linked to a second name. */
export async function archiveChecks(config: Config, rules: Rules | null, attempt = tryOut): Promise<readonly Check[]> {
  const found: Check[] = [];
  for (const archive of config.archives)
    found.push(await archiveCheck(archive, attempt), ...(await linkChecks(archive, config, rules)));
  return found;
}

async function archiveCheck(
  { name, basePath, action, fileMode }: ArchiveConfig,
  attempt: typeof tryOut,
): Promise<Check> {
  const check = checksOf('archive', name);
  const place = await nearest(basePath);
  try {
    const isOneFile = await attempt(place, action === 'symlink' ? null : fileMode);
    if (action === 'hardlink' && !isOneFile) {
      const text = `${place} gives each name of a file an inode number of its own: a hard link looks like another file`;
      return check.fail(text, 'use action = "copy" or "move"');
    }
  } catch (error) {
    const { syscall = '' } = Object(error) as { syscall?: string };
    const code = systemCode(error) ?? 'error';
    // Whichever step has met it.
    const limit = limitRemedies[code];
    if (limit !== undefined) return check.fail(`${place} cannot be written (${code})`, limit);
    switch (syscall) {
      case 'link': {
        const text = `${place} takes no hard links (${code})`;
        if (action === 'hardlink') return check.fail(text, 'use action = "copy" or "move"');
        // As the archive does it, see `renameIfFree`.
        const remedy = 'let nobody else make files there: one of the same name and the same instant would be lost';
        return check.warn(`${text}: files get their names by being renamed`, remedy);
      }
      case 'symlink':
      case 'readlink':
        return check.fail(`${place} takes no symbolic links (${code})`, 'use action = "copy" or "move"');
      case 'fchmod':
      case 'futime': {
        const remedy = 'mount it so that the files are those of the user of the service, e.g. with `uid=`';
        return check.fail(`${place} does not let files have their own mode or time (${code})`, remedy);
      }
      default: {
        const remedy = 'let the user of the service write there; under systemd, ReadWritePaths= must list it';
        return check.fail(`${place} cannot be written (${code})`, remedy);
      }
    }
  }
  if (place !== basePath) return check.ok(`${basePath}: is made with the first file; ${place} can be written`);
  return check.ok(`${basePath}: writable, with ${action === 'symlink' ? 'symbolic' : 'hard'} links`);
}

/** Hard links work within one file system only. */
async function linkChecks(
  { name, basePath, action }: ArchiveConfig,
  { watches }: Config,
  rules: Rules | null,
): Promise<readonly Check[]> {
  if (action !== 'hardlink') return [];
  const device = async (path: string) => (await stat(await nearest(path))).dev;
  const own = await device(basePath);
  const others: string[] = [];
  for (const watch of watches)
    if (mayArchiveTo(name, watch, rules) && (await device(watch.path)) !== own) others.push(watch.name);
  if (others.length === 0) return [];
  const text = `is on another file system than the watch ${others.join(', ')}: action = "hardlink" would fail`;
  return [checksOf('archive', name).warn(text, 'use action = "copy" or "move" for what those watches archive there')];
}

/** How old a trial is that is not at work any more, in ms. */
const abandonedMs = 60_000;

/**
 * Everything that publishing does, with a file of our own that is removed again; whether its two names show one inode number.
 *
 * @param mode - that the file gets; null: there is none, but a symbolic link, which over sshfs may be made and then not read
 */
async function tryOut(directory: string, mode: number | null): Promise<boolean> {
  const place = await mkdtemp(join(directory, trialPrefix));
  try {
    await removeAbandoned(directory, (await stat(place)).mtimeMs - abandonedMs);
    if (mode === null) {
      await symlink(place, join(place, 'link'));
      await readlink(join(place, 'link'));
      return true;
    }
    const file = await open(join(place, 'part'), 'wx');
    try {
      await file.writeFile('carbonation doctor\n');
      await file.chmod(mode);
      await file.utimes(1, 1);
      await file.sync();
    } finally {
      await file.close();
    }
    await link(join(place, 'part'), join(place, 'file'));
    return (await lstat(join(place, 'part'))).ino === (await lstat(join(place, 'file'))).ino;
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

/** Takes away what trials that were killed have left, if they began before a moment by the clock of the file system. */
async function removeAbandoned(directory: string, before: number): Promise<void> {
  // Who may only write there does not see them.
  const names = await readdir(directory).catch(() => []);
  for (const name of names.filter((one) => one.startsWith(trialPrefix))) {
    const path = join(directory, name);
    // Another one may end meanwhile, or be somebody else's.
    const isOld = await stat(path).then(
      ({ mtimeMs }) => mtimeMs < before,
      () => false,
    );
    if (isOld) await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** The path itself, or the nearest directory above it that exists. */
export async function nearest(path: string): Promise<string> {
  let place = path;
  for (;;) {
    const isThere = await stat(place).then(
      () => true,
      () => false,
    );
    if (isThere || dirname(place) === place) return place;
    place = dirname(place);
  }
}
