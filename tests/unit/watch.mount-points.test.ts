import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

import { MountPoints } from '../../src/watch/index.ts';
import { useTemp } from '../support/temp.ts';

const temp = useTemp();
const nothing = { hasCome: false, hasGone: false };

/** Looks for mounts below a directory of the test; those that there are can be exchanged. */
function bench(root = 'delivery') {
  mkdirSync(join(temp(), 'delivery'));
  symlinkSync('delivery', join(temp(), 'link'));
  let table = '';
  const mounts = new MountPoints(join(temp(), root), () =>
    table === '' ? Promise.reject(new Error('ENOENT')) : Promise.resolve(table),
  );
  /** Each with its id and its path, in which a space is written as the kernel writes it. */
  const look = (...lines: readonly (readonly [id: number, path: string])[]) => {
    const written = lines.map(
      ([id, path]) =>
        `${id} 24 7:0 / ${join(temp(), path).replaceAll(' ', String.raw`\040`)} rw,relatime shared:1 - ext4 /dev/loop0 rw`,
    );
    table = ['24 1 8:1 / / rw - ext4 /dev/sda1 rw', ...written, ''].join('\n');
    return mounts.look();
  };
  return { mounts, look };
}

test.each(['delivery', 'link'])(
  'mounts below %s are known at the first look, and come and go at others',
  async (root) => {
    const { look } = bench(root);
    expect(await look([30, 'delivery/a'])).toEqual(nothing);
    expect(await look([30, 'delivery/a'])).toEqual(nothing);
    expect(await look([30, 'delivery/a'], [31, 'delivery/b/of two words'])).toEqual({ hasCome: true, hasGone: false });
    expect(await look([30, 'delivery/a'], [31, 'delivery/b/of two words'])).toEqual(nothing);
    expect(await look([32, 'delivery/a'])).toEqual({ hasCome: true, hasGone: true });
    expect(await look()).toEqual({ hasCome: false, hasGone: true });
  },
);

test('mounts that are not below the directory are none of its', async () => {
  const { look } = bench();
  await look();
  expect(await look([30, 'delivery'], [31, 'delivery2'], [32, 'elsewhere/delivery'])).toEqual(nothing);
});

test('nothing changes where mounts cannot be found out', async () => {
  const { mounts, look } = bench();
  expect([await mounts.look(), await mounts.look()]).toEqual([nothing, nothing]);
  expect(await look([30, 'delivery/a'])).toEqual({ hasCome: true, hasGone: false });
});
