/**
 * Entry of the thread that listens to file events. It is a thread of its own
 * because events are lost while an event loop is blocked; what it sends are
 * hints, which settling looks at.
 */
import { basename, dirname } from 'node:path';
import { parentPort } from 'node:worker_threads';
import { Backlog } from './backlog.ts';
import { DirectoryTree } from './directory-tree.ts';
import { replacement } from './foreign-names.ts';
import { Hints } from './hints.ts';
import type { ListenerCommand } from './listener-messages.ts';
import { isEntered } from './names.ts';
import { Ways } from './ways.ts';

type Open = Extract<ListenerCommand, { type: 'open' }>;

interface Opened {
  /** Events may have been lost. */
  readonly overflowed: () => void;
  /** Directories may have come or gone without an event. */
  readonly reopen: () => Promise<void>;
  readonly close: () => Promise<void>;
}

const opened = new Map<string, Opened>();
// The kernel keeps one queue for the whole thread: what it drops may have been of any watch.
const backlog = new Backlog();

function open(command: Open): void {
  const hints = new Hints(command, {
    post: (message) => parentPort?.postMessage(message),
    onEvent: () => {
      if (backlog.add()) for (const { overflowed } of opened.values()) overflowed();
    },
  });
  const tree = listenToDirectories(command, hints);
  const links = command.followSymlinks ? followLinks(command, hints) : null;
  void Promise.all([tree.whenOpen, links?.whenOpen]).then(() => hints.ready());
  opened.set(command.name, {
    overflowed: tree.overflowed,
    reopen: tree.reopen,
    close: async () => {
      hints.close();
      tree.close();
      await links?.close();
    },
  });
}

function close(name: string): void {
  const found = opened.get(name);
  opened.delete(name);
  void found?.close();
}

/**
 * Only what the kernel tells of the entries of the watch's own directory and of those below it: chokidar would look at each file
 * and keep its name, which of a million of them takes more than a gigabyte.
 */
function listenToDirectories({ path, recursive }: Open, hints: Hints) {
  const filter = recursive ? hints.filter : { ...hints.filter, enters: () => false };
  const tree = new DirectoryTree(path, filter, hints);
  let isLooking = false;
  let mustLook = false;
  const lookAgain = async () => {
    mustLook = true;
    if (isLooking) return;
    isLooking = true;
    while (mustLook) {
      mustLook = false;
      // New directories first: what is then read of them is followed by their events.
      await tree.open(recursive);
      hints.overflowed();
    }
    isLooking = false;
  };
  const reopen = async () => {
    await tree.open(recursive);
    hints.reopened();
  };
  return { whenOpen: tree.open(recursive), overflowed: () => void lookAgain(), reopen, close: () => tree.close() };
}

/** What links lead to may be anywhere: chokidar follows each of them, at the price of looking at each file. */
function followLinks(command: Open, hints: Hints) {
  const { path, recursive } = command;
  // As a scan does: what is in a directory that the watch ignores is not its.
  const touched = async (file: string, isEntry: boolean) => {
    const directory = dirname(file);
    if (!hints.filter.accepts(basename(file)) || !isEntered(command, hints.filter, directory)) return;
    const ways = new Ways(command, hints.filter, command.excluded);
    if ((await ways.to(directory)) !== null) hints.touched(file, isEntry);
  };
  const suspected = (directory: string) => {
    if (isEntered(command, hints.filter, directory)) hints.suspected(directory);
  };
  const starting = startChokidar(path, recursive);
  const opening = starting.then((watcher) => {
    watcher
      .on('add', (file) => void touched(file, true))
      .on('change', (file) => void touched(file, false))
      .on('unlink', (file) => void touched(file, true))
      // What came with a new directory brought no event of its own.
      .on('addDir', (directory) => {
        if (directory !== path && recursive) suspected(directory);
      })
      .on('raw', (_kind, name, place: unknown) => {
        hints.heard();
        if (name?.includes(replacement) === true) suspected(directoryOf(place) ?? path);
      })
      .on('error', (error) => {
        hints.failed(error, error instanceof Error && 'path' in error ? String(error.path) : path);
      });
    return new Promise<void>((resolve) => void watcher.on('ready', resolve));
  });
  return { whenOpen: opening, close: async () => (await starting).close() };
}

/** Loaded for the few watches that need it. */
async function startChokidar(path: string, recursive: boolean) {
  const { watch } = await import('chokidar');
  return watch(path, { ignoreInitial: true, followSymlinks: true, ...(recursive ? {} : { depth: 0 }) });
}

/** Where a raw event comes from. */
function directoryOf(place: unknown): string | null {
  const has = typeof place === 'object' && place !== null && 'watchedPath' in place;
  return has && typeof place.watchedPath === 'string' ? place.watchedPath : null;
}

parentPort?.on('message', (command: ListenerCommand) => {
  if (command.type === 'open') open(command);
  else if (command.type === 'reopen') void opened.get(command.name)?.reopen();
  else close(command.name);
});
