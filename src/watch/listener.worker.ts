/**
 * Entry of the thread that listens to file events. It is a thread of its own
 * because events are lost while an event loop is blocked; what it sends are
 * hints, which settling looks at.
 */
import { basename, dirname, relative, sep } from 'node:path';
import { parentPort } from 'node:worker_threads';
import { watch as listen, type FSWatcher } from 'chokidar';
import { messageOf, systemCode } from '../errors/index.ts';
import type { ListenerCommand, ListenerMessage } from './listener-messages.ts';
import { ForeignNames, notUtf8, replacement } from './foreign-names.ts';
import { nameFilter } from './names.ts';

/** Hints gathered for so long travel together; when there are many, for longer. */
const gatherMs = 2;
const crowdedGatherMs = 20;
/** More events than this in one second are many. */
const crowd = 1000;
/** More events than this in one second are a burst: some may have been lost. */
const burstSize = 5_000;

/** Errors that concern one place only: below the watch's own directory they are no reason to stop listening. */
const ignorable = new Set(['EACCES', 'EPERM', 'ENOENT', 'ENOTDIR', 'ELOOP']);

const watchers = new Map<string, FSWatcher>();

function post(message: ListenerMessage): void {
  parentPort?.postMessage(message);
}

function open(command: Extract<ListenerCommand, { type: 'open' }>): void {
  const { name, path } = command;
  const filter = nameFilter(command);
  const gathered = new Set<string>();
  const suspected = new Set<string>();
  const foreign = new ForeignNames();
  let timer: NodeJS.Timeout | null = null;
  let isLimited = false;
  let second = 0;
  let inSecond = 0;
  // As a scan does: what is in a directory that the watch ignores is not its.
  const isEntered = (directory: string) =>
    relative(path, directory)
      .split(sep)
      .every((part) => part === '' || filter.enters(part));
  const tell = () => {
    timer = null;
    if (gathered.size > 0) post({ type: 'touched', name, paths: [...gathered] });
    for (const directory of suspected) {
      for (const file of foreign.lookIn(directory, filter.accepts))
        post({ type: 'refused', name, reason: notUtf8(file) });
    }
    gathered.clear();
    suspected.clear();
  };
  const suspect = (directory: string) => {
    if (!isEntered(directory)) return;
    suspected.add(directory);
    timer ??= setTimeout(tell, crowdedGatherMs);
  };
  const touched = (file: string) => {
    if (!filter.accepts(basename(file)) || !isEntered(dirname(file))) return;
    gathered.add(file);
    const now = Math.floor(performance.now() / 1000);
    inSecond = now === second ? inSecond + 1 : 1;
    second = now;
    if (inSecond === burstSize) post({ type: 'burst', name });
    timer ??= setTimeout(tell, inSecond < crowd ? gatherMs : crowdedGatherMs);
  };
  const watcher = listen(path, {
    ignoreInitial: true,
    followSymlinks: command.followSymlinks,
    awaitWriteFinish: false,
    ...(command.recursive ? {} : { depth: 0 }),
  });
  watchers.set(name, watcher);
  watcher
    .on('add', touched)
    .on('change', touched)
    .on('unlink', touched)
    // What came with a new directory brought no event of its own.
    .on('addDir', (directory) => {
      if (directory !== path && command.recursive) suspect(directory);
    })
    .on('raw', (_event, file, place: unknown) => {
      if (file?.includes(replacement) === true) suspect(directoryOf(place) ?? path);
    })
    .on('unlinkDir', (directory) => {
      if (directory === path) post({ type: 'lost', name, reason: `${path} has gone` });
    })
    .on('ready', () => {
      // It comes all the same when the system grants no events.
      if (!isLimited) post({ type: 'ready', name });
    })
    .on('error', (error) => {
      const code = systemCode(error) ?? '';
      const where = error instanceof Error && 'path' in error ? String(error.path) : path;
      if (where !== path && ignorable.has(code)) {
        post({ type: 'problem', name, reason: messageOf(error) });
        return;
      }
      const isLimit = code === 'ENOSPC' || code === 'EMFILE';
      const isLost = !isLimit && where === path && ignorable.has(code);
      isLimited ||= !isLost;
      const reason = isLimit ? `${messageOf(error)} (raise fs.inotify.max_user_watches)` : messageOf(error);
      post({ type: isLost ? 'lost' : 'limited', name, reason });
    });
}

/** Where a raw event comes from. */
function directoryOf(place: unknown): string | null {
  const has = typeof place === 'object' && place !== null && 'watchedPath' in place;
  return has && typeof place.watchedPath === 'string' ? place.watchedPath : null;
}

async function close(name: string): Promise<void> {
  const watcher = watchers.get(name);
  watchers.delete(name);
  await watcher?.close();
}

parentPort?.on('message', (command: ListenerCommand) => {
  if (command.type === 'open') open(command);
  else void close(command.name);
});
