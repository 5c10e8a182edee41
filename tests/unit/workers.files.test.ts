import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { FilePool } from '../../src/workers/index.ts';
import { archived, deliver, names, request, shortly } from '../support/archive.ts';
import { useTemp } from '../support/temp.ts';

const temp = useTemp();

let pool: FilePool;
beforeAll(() => {
  pool = new FilePool(2);
});
afterAll(() => pool.close());

describe('the file threads', () => {
  test('inspect, transfer and remove the files of many groups, each with its own answer', async () => {
    const delivery = join(temp(), 'delivery');
    mkdirSync(delivery);
    const files = Array.from({ length: 200 }, (_, i) => deliver(join(delivery, `${i}`), `content ${i}`));
    const inspected = await Promise.all(
      files.map((file) =>
        pool.inspect({ files: [{ ...file, archivedSha256: null }], checks: [], followSymlinks: false }),
      ),
    );
    expect(inspected).toEqual(files.map(() => [{ verdict: 'passed', unchanged: false }]));
    const archive = join(temp(), 'archive');
    const moved = await Promise.all(files.map((file) => pool.transfer(request(archive, [file], { action: 'move' }))));
    const gone = await Promise.all(
      files.map((file, i) =>
        pool.remove({
          files: [{ ...file, copy: null, identity: archived(moved[i]?.[0]).identity }],
          followSymlinks: false,
        }),
      ),
    );
    expect(gone).toEqual(files.map(() => [{ outcome: 'removed' }]));
    expect(names(delivery)).toEqual([]);
    for (let i = 0; i < files.length; i += 1) expect(readFileSync(join(archive, `${i}`), 'utf8')).toBe(`content ${i}`);
  });

  test('let every group that races for one name survive', async () => {
    const archive = join(temp(), 'archive');
    const requests = Array.from({ length: 64 }, (_, i) => {
      mkdirSync(join(temp(), `${i}`));
      return request(archive, [deliver(join(temp(), `${i}`, 'same.txt'), `content ${i}`)]);
    });
    const found = await Promise.all(requests.map((one) => pool.transfer(one)));
    const paths = found.flatMap((outcomes) => outcomes.map((one) => archived(one).path));
    expect(new Set(paths).size).toBe(64);
    expect(paths.map((path) => readFileSync(path, 'utf8'))).toEqual(requests.map((_, i) => `content ${i}`));
    expect(names(archive)).toHaveLength(64);
  });

  test('let a group that cannot be handled fail alone', async () => {
    const good = deliver(join(temp(), 'good'), 'x');
    const bad = { ...good, path: `${temp()}/bad\0name` };
    const inspect = (file: typeof good) =>
      pool.inspect({ files: [{ ...file, archivedSha256: null }], checks: [], followSymlinks: false });
    const [one, two] = await Promise.allSettled([inspect(bad), inspect(good)]);
    expect(one).toMatchObject({ status: 'rejected', reason: { code: 'INSPECT_FAILED' } });
    expect(two).toMatchObject({ status: 'fulfilled' });
    const archive = join(temp(), 'archive');
    const moved = await Promise.all([bad, good].map((file) => pool.transfer(request(archive, [file]))));
    expect(moved.map((outcomes) => outcomes.map(shortly))).toEqual([['TRANSFER_FAILED'], ['archived']]);
  });

  test('that have been stopped say so', async () => {
    const closing = new FilePool(1);
    const file = deliver(join(temp(), 'a'), 'x');
    await closing.close();
    await expect(closing.transfer(request(join(temp(), 'archive'), [file]))).rejects.toMatchObject({
      code: 'POOL_CLOSED',
    });
    expect(names(temp())).toEqual(['a']);
  });
});
