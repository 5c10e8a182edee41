import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { beforeEach, describe, expect, test } from 'vitest';

import { transferGroups } from '../../src/archive/index.ts';
import { deliver, makeDirectories, names, request, shortly, source, transfer } from '../support/archive.ts';
import { useTemp } from '../support/temp.ts';

const temp = useTemp();

let delivery = '';
let archive = '';
beforeEach(() => {
  ({ delivery, archive } = makeDirectories(temp()));
});

/** What can happen to a delivered file, and the outcome that must follow. */
const disturbances: readonly (readonly [string, (path: string) => void, string])[] = [
  ['appended to', (path) => appendFileSync(path, 'more'), 'changed'],
  [
    'overwritten by as many bytes at the same mtime',
    (path) => {
      const { mtimeMs } = source(path).identity;
      writeFileSync(path, 'CONTENT');
      utimesSync(path, mtimeMs / 1000, mtimeMs / 1000);
    },
    'changed',
  ],
  [
    'exchanged by a rename',
    (path) => {
      writeFileSync(`${path}.new`, 'content');
      renameSync(`${path}.new`, path);
    },
    'changed',
  ],
  ['removed', (path) => rmSync(path), 'gone'],
  [
    'replaced by a link',
    (path) => {
      renameSync(path, `${path}.kept`);
      symlinkSync(`${path}.kept`, path);
    },
    'changed',
  ],
  [
    'replaced by a FIFO',
    (path) => {
      rmSync(path);
      execFileSync('mkfifo', [path]);
    },
    'changed',
  ],
  [
    'replaced by a directory',
    (path) => {
      rmSync(path);
      mkdirSync(path);
    },
    'changed',
  ],
];

const actions = ['copy', 'move', 'hardlink', 'symlink'] as const;

describe.each(actions)('%s: a group one of whose files was', (action) => {
  test.each(disturbances)('%s before the transfer is not archived at all', async (_, disturb, outcome) => {
    const files = ['a', 'b', 'c'].map((name) => deliver(join(delivery, name), 'content'));
    disturb(join(delivery, 'b'));
    const found = await transfer(request(archive, files, { action }));
    expect(found.map(shortly)).toEqual(['changed', outcome, 'changed']);
    expect(names(archive)).toEqual([]);
  });
});

describe.each(['copy', 'hardlink', 'move'] as const)('%s: a group one of whose files was', (action) => {
  test.each(disturbances)('%s while it was flushed is not archived at all', async (_, disturb, outcome) => {
    const files = ['a', 'b', 'c'].map((name) => deliver(join(delivery, name), 'content'));
    // Everything is read before the call returns its promise; what follows the flush comes later.
    const underWay = transferGroups([request(archive, files, { action })]);
    disturb(join(delivery, 'b'));
    const [found = []] = await underWay;
    expect(found.map(shortly)).toEqual(['changed', outcome, 'changed']);
    expect(names(archive)).toEqual([]);
  });
});

describe('a disturbed group', () => {
  test('holds up no other group of its message', async () => {
    const bad = request(archive, [deliver(join(delivery, 'a'), 'x')]);
    const good = request(archive, [deliver(join(delivery, 'b'), 'y')]);
    rmSync(join(delivery, 'a'));
    const found = await transferGroups([bad, good]);
    expect(found.map((outcomes) => outcomes.map(shortly))).toEqual([['gone'], ['archived']]);
    expect(names(archive)).toEqual(['b']);
  });

  test('is gone when its directory has become a file', async () => {
    mkdirSync(join(delivery, 'sub'));
    const file = deliver(join(delivery, 'sub', 'a'), 'x');
    rmSync(join(delivery, 'sub'), { recursive: true });
    writeFileSync(join(delivery, 'sub'), '');
    expect((await transfer(request(archive, [file]))).map(shortly)).toEqual(['gone']);
  });

  test('is not gone when its directory cannot be looked into', async () => {
    mkdirSync(join(delivery, 'sub'));
    const file = deliver(join(delivery, 'sub', 'a'), 'x');
    rmSync(join(delivery, 'sub'), { recursive: true });
    symlinkSync('sub', join(delivery, 'sub'));
    const [found] = await transfer(request(archive, [file]));
    expect(shortly(found)).toBe('changed');
  });

  test('is gone when the whole delivery has vanished, and nothing of it is published', async () => {
    const files = ['a', 'b'].map((name) => deliver(join(delivery, name), 'x'));
    const underWay = transferGroups([request(archive, files)]);
    renameSync(delivery, join(temp(), 'unmounted'));
    const [found = []] = await underWay;
    expect(found.map(shortly)).toEqual(['gone', 'gone']);
    expect(names(archive)).toEqual([]);
  });

  test('whose archive directory vanishes before the end is not archived', async () => {
    const file = deliver(join(delivery, 'a'), 'x');
    const underWay = transferGroups([request(join(archive, 'sub'), [file])]);
    renameSync(join(archive, 'sub'), join(archive, 'away'));
    const [found = []] = await underWay;
    expect(found.map(shortly)).toEqual(['TRANSFER_FAILED']);
  });
});
