/**
 * Entry of the thread that listens to file events. It is a thread of its own
 * because events are lost while an event loop is blocked; what it sends are
 * hints, which settling looks at.
 */
import { basename, join } from 'node:path';
import { parentPort } from 'node:worker_threads';
import { watch as listen, type FSWatcher } from 'chokidar';
import { Backlog } from './backlog.ts';
import { DirectoryTree } from './directory-tree.ts';
import { replacement } from './foreign-names.ts';
import { Hints } from './hints.ts';
import type { ListenerCommand } from './listener-messages.ts';

type Open = Extract<ListenerCommand, { type: 'open' }>;

interface Opened {
  readonly hints: Hints;
  readonly close: () => Promise<void>;
}

const opened = new Map<string, Opened>();
// The kernel keeps one queue for the whole thread: what it drops may have been of any watch.
const backlog = new Backlog();

function open(command: Open): void {
  const hints = new Hints(command, {
    post: (message) => parentPort?.postMessage(message),
    onEvent: () => {
      if (backlog.add()) for (const other of opened.values()) other.hints.overflowed();
    },
  });
  const listener = command.followSymlinks ? listenToFiles(command, hints) : listenToDirectories(command, hints);
  opened.set(command.name, { hints, close: listener });
}

function close(name: string): void {
  const found = opened.get(name);
  opened.delete(name);
  found?.hints.close();
  void found?.close();
}

/**
 * Only what the kernel tells of the entries of the watch's own directory and of those below it: chokidar would look at each file
 * and keep its name, which of a million of them takes more than a gigabyte. It listens to the watch's own directory.
 */
function listenToDirectories({ path, recursive }: Open, hints: Hints): () => Promise<void> {
  const filter = recursive ? hints.filter : { ...hints.filter, enters: () => false };
  const tree = new DirectoryTree(path, filter, hints);
  // The end of a directory comes as an event of an entry that bears its own name.
  const isOwn = (entry: string) => entry === path || entry === join(path, basename(path));
  const watcher = listen(path, { followSymlinks: false, depth: 0, ignored: (entry) => !isOwn(entry) })
    .on('raw', (kind, name) => tree.event(path, kind, name ?? null))
    .on('ready', () => void (recursive ? tree.open() : Promise.resolve()).then(() => hints.ready()));
  guard(watcher, path, hints);
  return async () => {
    tree.close();
    await watcher.close();
  };
}

/** What links lead to may be anywhere: chokidar follows them to each file. */
function listenToFiles({ path, recursive }: Open, hints: Hints): () => Promise<void> {
  const watcher = listen(path, { ignoreInitial: true, followSymlinks: true, ...(recursive ? {} : { depth: 0 }) })
    .on('add', (file) => hints.touched(file, true))
    .on('change', (file) => hints.touched(file, false))
    .on('unlink', (file) => hints.touched(file, true))
    // What came with a new directory brought no event of its own.
    .on('addDir', (directory) => {
      if (directory !== path && recursive) hints.suspected(directory);
    })
    .on('raw', (_kind, name, place: unknown) => {
      hints.heard();
      if (name?.includes(replacement) === true) hints.suspected(directoryOf(place) ?? path);
    })
    .on('ready', () => hints.ready());
  guard(watcher, path, hints);
  return () => watcher.close();
}

function guard(watcher: FSWatcher, path: string, hints: Hints): void {
  watcher
    .on('unlinkDir', (directory) => {
      if (directory === path) hints.lost(`${path} has gone`);
    })
    .on('error', (error) => {
      hints.failed(error, error instanceof Error && 'path' in error ? String(error.path) : path);
    });
}

/** Where a raw event comes from. */
function directoryOf(place: unknown): string | null {
  const has = typeof place === 'object' && place !== null && 'watchedPath' in place;
  return has && typeof place.watchedPath === 'string' ? place.watchedPath : null;
}

parentPort?.on('message', (command: ListenerCommand) => {
  if (command.type === 'open') open(command);
  else close(command.name);
});
