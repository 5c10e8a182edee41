import {
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  closeSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';

import { numberedName, transferGroups } from '../../src/archive/index.ts';
import { publish } from '../../src/archive/publish.ts';
import {
  archived,
  deliver,
  makeDirectories,
  names,
  owner,
  request,
  shortly,
  source,
  transfer,
} from '../support/archive.ts';
import { useTemp } from '../support/temp.ts';

const temp = useTemp();

/** Bytes that this thread has read, of whatever; the kernel counts them. */
function readBytes(): number {
  return Number(/^rchar: (\d+)$/m.exec(readFileSync('/proc/thread-self/io', 'utf8'))?.[1]);
}

let delivery = '';
let archive = '';
beforeEach(() => {
  ({ delivery, archive } = makeDirectories(temp()));
});

describe('a name that is taken', () => {
  test.each(['keep_both', 'replace', 'fail'] as const)(
    'by the same content counts as archived (%s)',
    async (onConflict) => {
      writeFileSync(join(archive, 'a'), 'same');
      const before = statSync(join(archive, 'a')).ino;
      const file = deliver(join(delivery, 'a'), 'same');
      const [found] = await transfer(request(archive, [file], { onConflict }));
      expect(archived(found).path).toBe(join(archive, 'a'));
      expect(statSync(join(archive, 'a')).ino).toBe(before);
      expect(names(archive)).toEqual(['a']);
    },
  );

  test('by other content of the same size gets a number beside it, and the next one the next', async () => {
    writeFileSync(join(archive, 'a.tar'), 'old');
    for (const [content, name] of [
      ['new', 'a_1.tar'],
      ['neo', 'a_2.tar'],
      ['new', 'a_1.tar'],
      ['old', 'a.tar'],
    ] as const) {
      const file = deliver(join(delivery, 'a.tar'), content);
      expect(archived((await transfer(request(archive, [file])))[0]).path).toBe(join(archive, name));
      expect(readFileSync(join(archive, name), 'utf8')).toBe(content);
    }
    expect(names(archive)).toEqual(['a.tar', 'a_1.tar', 'a_2.tar']);
  });

  test('by contents that differ in a few bytes only, wherever those are, gets numbers all the same', async () => {
    const size = 100_000;
    const contents = [0, 1, 4095, 4096, 5000, 50_000, size - 4097, size - 1].map((at) => {
      const content = Buffer.alloc(size);
      content[at] = 1;
      return content;
    });
    for (let turn = 0; turn < 2; turn += 1) {
      for (const [n, content] of contents.entries()) {
        const file = deliver(join(delivery, 'a'), content);
        const { path } = archived((await transfer(request(archive, [file])))[0]);
        expect(path).toBe(join(archive, numberedName('a', n)));
        expect(readFileSync(path).equals(content)).toBe(true);
      }
    }
    expect(names(archive)).toHaveLength(contents.length);
  });

  test('is not read as a whole where it differs at its beginning or its end', async () => {
    const size = 1_000_000;
    const [head, tail] = [0, size - 1].map((at) => Buffer.alloc(size).fill('x', at, at + 1));
    for (let n = 0; n < 50; n += 1)
      writeFileSync(join(archive, numberedName('a', n)), (n % 2 === 0 ? head : tail) ?? '');
    const file = deliver(join(delivery, 'a'), Buffer.alloc(size));
    const before = readBytes();
    expect(archived((await transfer(request(archive, [file])))[0]).path).toBe(join(archive, 'a_50'));
    expect(readBytes() - before).toBeLessThan(5 * size);
  });

  test('by a directory, a link or a FIFO is never written through', async () => {
    mkdirSync(join(archive, 'd'));
    writeFileSync(join(temp(), 'outside'), 'outside');
    symlinkSync(join(temp(), 'outside'), join(archive, 'l'));
    symlinkSync(join(temp(), 'nowhere'), join(archive, 'n'));
    const files = ['d', 'l', 'n'].map((name) => deliver(join(delivery, name), 'new'));
    const found = await transfer(request(archive, files));
    expect(found.map((one) => archived(one).path)).toEqual(['d_1', 'l_1', 'n_1'].map((name) => join(archive, name)));
    expect(readFileSync(join(temp(), 'outside'), 'utf8')).toBe('outside');
    expect(names(temp())).toEqual(['archive', 'delivery', 'outside']);
  });

  test('makes the transfer fail when the archive says so, and what is there stays', async () => {
    writeFileSync(join(archive, 'a'), 'old');
    const file = deliver(join(delivery, 'a'), 'new');
    const [found] = await transfer(request(archive, [file], { onConflict: 'fail' }));
    expect(shortly(found)).toBe('CONFLICT');
    expect(readFileSync(join(archive, 'a'), 'utf8')).toBe('old');
    expect(names(archive)).toEqual(['a']);
  });

  test.each(['move', 'hardlink'] as const)(
    'leaves the source of a failed %s as it settled, so that it is no new delivery',
    async (action) => {
      writeFileSync(join(archive, 'a'), 'old');
      const file = deliver(join(delivery, 'a'), 'new');
      expect((await transfer(request(archive, [file], { action, onConflict: 'fail' }))).map(shortly)).toEqual([
        'CONFLICT',
      ]);
      expect(source(file.path)).toEqual(file);
    },
  );

  test('is replaced by a rename: whoever has the old file open still reads it, and no name is missing', async () => {
    writeFileSync(join(archive, 'a'), 'old');
    const reader = openSync(join(archive, 'a'), 'r');
    const inode = statSync(join(archive, 'a')).ino;
    const file = deliver(join(delivery, 'a'), 'new');
    const [found] = await transfer(request(archive, [file], { onConflict: 'replace' }));
    expect(archived(found).path).toBe(join(archive, 'a'));
    expect(readFileSync(join(archive, 'a'), 'utf8')).toBe('new');
    expect(statSync(join(archive, 'a')).ino).not.toBe(inode);
    expect(readFileSync(reader, 'utf8')).toBe('old');
    closeSync(reader);
    expect(names(archive)).toEqual(['a']);
  });

  test('that is a directory cannot be replaced', async () => {
    mkdirSync(join(archive, 'a'));
    const file = deliver(join(delivery, 'a'), 'new');
    const [found] = await transfer(request(archive, [file], { onConflict: 'replace' }));
    expect(shortly(found)).toBe('TRANSFER_FAILED');
    expect(names(archive)).toEqual(['a']);
    expect(lstatSync(join(archive, 'a')).isDirectory()).toBe(true);
  });

  test.each(['move', 'hardlink'] as const)('is replaced by a %s too', async (action) => {
    writeFileSync(join(archive, 'a'), 'old');
    const file = deliver(join(delivery, 'a'), 'new');
    const [found] = await transfer(request(archive, [file], { action, onConflict: 'replace' }));
    expect(readFileSync(archived(found).path, 'utf8')).toBe('new');
    expect(archived(found).identity).toEqual(source(file.path).identity);
    expect(names(archive)).toEqual(['a']);
    expect(names(delivery)).toEqual(['a']);
  });

  test('is replaced by a symbolic link in one step', async () => {
    writeFileSync(join(archive, 'a'), 'old');
    const file = deliver(join(delivery, 'a'), 'new');
    const [found] = await transfer(request(archive, [file], { action: 'symlink', onConflict: 'replace' }));
    expect(readlinkSync(archived(found).path)).toBe(file.path);
    expect(names(archive)).toEqual(['a']);
  });
});

describe.each(['copy', 'move', 'hardlink', 'symlink'] as const)('%s: two files of one name in a group', (action) => {
  const both = (contents: readonly [string, string]) =>
    contents.map((content, i) => deliver(join(delivery, ['one', 'two'][i] ?? '', 'a.txt'), content));

  test('are both kept where names are replaced, each under the same one every time', async () => {
    for (const name of ['one', 'two']) mkdirSync(join(delivery, name));
    for (const contents of [['first', 'second'] as const, ['first again', 'second again'] as const]) {
      // The former ones are replaced by another file each, as whoever delivers anew does.
      for (const name of ['one', 'two']) rmSync(join(delivery, name, 'a.txt'), { force: true });
      const found = await transfer(request(archive, both(contents), { action, onConflict: 'replace' }));
      expect(found.map((one) => archived(one).path)).toEqual([join(archive, 'a.txt'), join(archive, 'a_1.txt')]);
      expect(found.map((one) => readFileSync(archived(one).path, 'utf8'))).toEqual(contents);
    }
    expect(names(archive)).toEqual(['a.txt', 'a_1.txt']);
  });

  test('are both kept when one of them had to be tried again', async () => {
    for (const name of ['one', 'two']) mkdirSync(join(delivery, name));
    const [one, two] = both(['first', 'second']);
    if (one === undefined || two === undefined) throw new Error('two files were delivered');
    const { path } = archived((await transfer(request(archive, [one], { action, onConflict: 'replace' })))[0]);
    const [again] = await transfer(request(archive, [two], { action, onConflict: 'replace', kept: [path] }));
    expect(readFileSync(path, 'utf8')).toBe('first');
    expect(readFileSync(archived(again).path, 'utf8')).toBe('second');
  });
});

describe('two groups that race for one name', () => {
  test('both survive, whichever comes first', async () => {
    mkdirSync(join(delivery, 'one'));
    mkdirSync(join(delivery, 'two'));
    const one = request(archive, [deliver(join(delivery, 'one', 'a.txt'), 'first')]);
    const two = request(archive, [deliver(join(delivery, 'two', 'a.txt'), 'second')]);
    const found = await Promise.all([transferGroups([one]), transferGroups([two])]);
    const paths = found.flatMap((groups) => groups.flatMap((outcomes) => outcomes.map((o) => archived(o).path)));
    expect(paths.toSorted()).toEqual([join(archive, 'a.txt'), join(archive, 'a_1.txt')]);
    expect(new Set(paths.map((path) => readFileSync(path, 'utf8')))).toEqual(new Set(['first', 'second']));
    expect(names(archive)).toEqual(['a.txt', 'a_1.txt']);
  });

  test('in one message both survive, too', async () => {
    const groups = ['one', 'two', 'three'].map((name) => {
      mkdirSync(join(delivery, name));
      return request(archive, [
        deliver(join(delivery, name, 'a.txt'), name),
        deliver(join(delivery, name, 'b.txt'), 'same'),
      ]);
    });
    const found = await transferGroups(groups);
    expect(found.flatMap((outcomes) => outcomes.map(shortly))).toEqual(Array(6).fill('archived'));
    const kept = names(archive).map((name) => readFileSync(join(archive, name), 'utf8'));
    expect(kept.toSorted()).toEqual(['one', 'same', 'three', 'two']);
  });
});

describe('publishing', () => {
  test('refuses a source that has been exchanged since it was read, and gives it no name', () => {
    const file = deliver(join(delivery, 'a'), 'old');
    writeFileSync(join(delivery, 'b'), 'new');
    linkSync(join(delivery, 'b'), join(delivery, 'c'));
    const exchanged = { path: join(delivery, 'c'), identity: file.identity, mode: null };
    for (const policy of ['keep_both', 'replace', 'fail'] as const) {
      expect(() =>
        publish(
          { part: join(archive, 'part'), source: exchanged, owner, sha256: '', sizeBytes: 3, durable: false },
          { directory: archive, name: 'a', policy, taken: new Set() },
        ),
      ).toThrow(expect.objectContaining({ code: 'SOURCE_CHANGED' }));
      expect(names(archive).filter((name) => name !== 'part')).toEqual([]);
    }
  });
});

describe('numbered names', () => {
  test.each([
    ['a.json', 1, 'a_1.json'],
    ['a', 12, 'a_12'],
    ['.hidden', 1, '.hidden_1'],
    ['a.tar.gz', 1, 'a.tar_1.gz'],
    ['a.', 1, 'a_1.'],
    ['a.json', 0, 'a.json'],
  ])('%s with %i is %s', (name, n, expected) => {
    expect(numberedName(name, n)).toBe(expected);
  });

  test('always fit 255 bytes, differ from each other, and are no half characters', () => {
    const character = fc.constantFrom('a', '.', 'é', '漢', '😀', ' ', '\n');
    const name = fc
      .array(character, { minLength: 1, maxLength: 255 })
      .map((characters) => characters.join(''))
      .filter((text) => Buffer.byteLength(text) <= 255 && text !== '.' && text !== '..');
    fc.assert(
      fc.property(name, fc.integer({ min: 1, max: 9999 }), (text, n) => {
        const numbered = numberedName(text, n);
        expect(Buffer.byteLength(numbered)).toBeLessThanOrEqual(255);
        expect(numbered.isWellFormed()).toBe(true);
        expect(numbered).not.toBe(text);
        expect(numbered).not.toBe(numberedName(text, n + 1));
      }),
    );
  });

  test('are made for names that fill 255 bytes, also by their extension alone', async () => {
    for (const name of [`${'漢'.repeat(83)}.jsön`, `a.${'x'.repeat(253)}`]) {
      expect(Buffer.byteLength(name)).toBe(255);
      writeFileSync(join(archive, name), 'old');
      const [found] = await transfer(request(archive, [deliver(join(delivery, name), 'new')]));
      expect(readFileSync(archived(found).path, 'utf8')).toBe('new');
      expect(readFileSync(join(archive, name), 'utf8')).toBe('old');
    }
    expect(names(archive)).toHaveLength(4);
  });
});
