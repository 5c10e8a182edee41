import {
  appendFileSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  type Stats,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { env } from 'node:process';
import fc from 'fast-check';
import { afterAll, expect, test, vi } from 'vitest';
import { Listener, nameFilter, scanWatch, type ListenerMessage } from '../../src/watch/index.ts';
import { useTemp } from '../support/temp.ts';
import { watchOf } from '../support/watch.ts';

// Goal: whatever links lead to each other, a scan ends and finds each file that can be reached, one of the watch's own under one
// path only; the listening thread tells of the same paths, also when links come, go or lead elsewhere.
// Method: trees of directories and links are drawn and made. LINKS_RUNS=2000 draws others, and more, LINKS_SEED=… the same again.

/** Directories that there are: of the watch, and outside of it. */
const directories = [
  'in',
  'in/a',
  'in/a/b',
  'in/.h',
  'in/.h/c',
  'o',
  'o/a',
  'o/a/.h',
  'o/d',
  'p',
  'p/e',
  'store',
  'store/s',
];
const file = 'f';

const link = fc.record({
  at: fc.constantFrom(...directories),
  name: fc.constantFrom('a', 'k', 'l', 'm', 'n', '.k'),
  to: fc.oneof(
    fc.constantFrom(...directories, '.'),
    fc.constantFrom(...directories).map((directory) => `${directory}/${file}`),
    // What may be a link, or nothing.
    fc
      .record({ at: fc.constantFrom(...directories), name: fc.constantFrom('k', 'l') })
      .map(({ at, name }) => `${at}/${name}`),
  ),
});
const links = fc.uniqueArray(link, { minLength: 1, maxLength: 9, selector: ({ at, name }) => `${at}/${name}` });
type Link = typeof link extends fc.Arbitrary<infer Drawn> ? Drawn : never;

const change = fc.record({ do: fc.constantFrom('add', 'remove', 'exchange'), link });

const temp = useTemp();
const listener = new Listener();
afterAll(() => listener.close());
const options = (runs: number) => {
  const seed = env['LINKS_SEED'] ?? (env['LINKS_RUNS'] === undefined ? 1 : undefined);
  return { numRuns: Number(env['LINKS_RUNS'] ?? runs), ...(seed !== undefined && { seed: Number(seed) }) };
};

/** Makes the directories, with a file in each, and links; gives where. */
function make(drawn: readonly Link[]): string {
  const root = mkdtempSync(join(temp(), 'tree-'));
  for (const directory of directories) mkdirSync(join(root, directory), { recursive: true });
  write(root);
  for (const one of drawn) makeLink(root, one);
  return root;
}

/** Changes all files. */
function write(root: string): void {
  for (const directory of directories) appendFileSync(join(root, directory, file), 'x');
}

function makeLink(root: string, { at, name, to }: Link): void {
  const path = join(root, at, name);
  // There may be a directory of this name.
  if (lookAt(path, lstatSync) === null) symlinkSync(join(root, to), path);
}

function changeLink(root: string, { do: what, link: one }: { readonly do: string; readonly link: Link }): void {
  const path = join(root, one.at, one.name);
  if (what === 'add' || lookAt(path, lstatSync)?.isSymbolicLink() !== true) makeLink(root, one);
  else if (what === 'remove') rmSync(path);
  else {
    symlinkSync(join(root, one.to), join(root, 'new'));
    renameSync(join(root, 'new'), path);
  }
}

function lookAt(path: string, look: (path: string) => Stats = statSync): Stats | null {
  try {
    return look(path);
  } catch {
    return null;
  }
}

const waiting = { timeout: 10_000, interval: 10 };
const watchAt = (root: string) => watchOf(join(root, 'in'), { recursive: true, followSymlinks: true });

async function scan(root: string, from?: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { files } of scanWatch(watchAt(root), [join(root, 'store')], from))
    found.push(...files.map(({ path }) => path));
  return found.toSorted();
}

/** Where all files really are that can be reached, by whatever way. */
function reachable(root: string): readonly string[] {
  const filter = nameFilter(watchAt(root));
  const found = new Set<string>();
  const visited = new Set<string>();
  const visit = (directory: string): void => {
    if (visited.has(directory) || directory.startsWith(join(root, 'store'))) return;
    visited.add(directory);
    for (const name of readdirSync(directory)) {
      const path = join(directory, name);
      const there = lookAt(path);
      if (there?.isDirectory() === true && filter.enters(name)) visit(realpathSync(path));
      if (there?.isFile() === true && filter.accepts(name)) found.add(realpathSync(path));
    }
  };
  visit(join(root, 'in'));
  return [...found].toSorted();
}

test('a scan finds each file that can be reached, and one of the watch under one path only', async () => {
  await fc.assert(
    fc.asyncProperty(links, async (drawn) => {
      const root = make(drawn);
      const found = await scan(root);
      expect([...new Set(found.map((path) => realpathSync(path)))].toSorted()).toEqual(reachable(root));
      const own = found.filter((path) => realpathSync(dirname(path)).startsWith(join(root, 'in')));
      const places = own.map((path) => join(realpathSync(dirname(path)), basename(path)));
      const read = places.filter((path) => !path.includes('/.h/'));
      expect(read.length).toBe(new Set(read).size);
      expect(new Set(found).size).toBe(found.length);
      // Each of them by itself, and all of them.
      expect(await scan(root, found)).toEqual(found);
      rmSync(root, { recursive: true });
    }),
    options(100),
  );
});

test('the listening thread tells of what a scan finds, also when links change', { timeout: 3_600_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(links, fc.array(change, { maxLength: 3 }), async (drawn, changes) => {
      const root = make(drawn);
      let messages: ListenerMessage[] = [];
      const close = listener.open(watchAt(root), (message) => messages.push(message), [join(root, 'store')]);
      await vi.waitFor(() => expect(messages.some(({ type }) => type === 'ready')).toBe(true), waiting);
      const toldOf = (paths: readonly string[]) =>
        vi.waitFor(() => {
          const told = new Set(messages.flatMap((message) => (message.type === 'touched' ? message.paths : [])));
          expect(paths.filter((path) => !told.has(path))).toEqual([]);
          return told;
        }, waiting);
      const filesNow = async () => new Map((await scan(root)).map((path) => [path, lookAt(path)?.ino]));
      for (const one of changes) {
        const before = await filesNow();
        messages = [];
        changeLink(root, one);
        const after = await filesNow();
        const paths = [...new Set([...before.keys(), ...after.keys()])];
        await toldOf(paths.filter((path) => before.get(path) !== after.get(path)));
      }
      messages = [];
      const found = await scan(root);
      write(root);
      const told = await toldOf(found);
      const wrong = [...told].filter((path) => lookAt(path)?.isFile() === true && !found.includes(path));
      expect(wrong).toEqual([]);
      close();
      rmSync(root, { recursive: true });
    }),
    options(40),
  );
});
