import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { WatchConfig } from '../../src/config/types.ts';

import { identityOf, stableKey, type FileIdentity } from '../../src/core/index.ts';
import { DeliveryReading, type Ahead, type ReadingParts } from '../../src/service/delivery/reading.ts';
import { fileNews } from '../../src/service/delivery/file-news.ts';
import { Patience } from '../../src/service/delivery/patience.ts';
import type { KnownFile } from '../../src/store/index.ts';
import { isLocalFileSystem, type FoundFile } from '../../src/watch/index.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { otherFileSystem } from '../support/mount.ts';
import { useTemp } from '../support/temp.ts';
import { watchOf } from '../support/watch.ts';

const temp = useTemp();
/** Three pages of 512. */
const count = 1400;
const dayMs = 86_400_000;

let delivery = '';
beforeEach(() => {
  delivery = join(temp(), 'delivery');
  mkdirSync(delivery);
  for (let i = 0; i < count; i += 1) writeFileSync(join(delivery, `${i}`), '');
});

/** A file as the database has it. */
function knownFile(path: string, id: number): KnownFile {
  const identity = identityOf(statSync(path));
  const rest = { groupKey: 'k', watchName: 'watch', detectedAt: 0, status: 'archived', hasReason: false } as const;
  return { id, pathHash: stableKey(path), sourcePath: path, inDelivery: true, ...identity, ...rest };
}

type Known = ReadonlyMap<string, KnownFile>;

/** What a file is to the watch, of which its groups know what is on record. */
function newsOf(watch: WatchConfig, _: string, identity: FileIdentity, known: KnownFile | undefined) {
  return fileNews({ watchOf: () => watch }, watch, identity, known);
}

/** A reading of the delivery, with what it asks and tells. */
function bench(
  ahead: Partial<Ahead>,
  hooks: { answer?: (hashes: readonly string[], asked: number) => Promise<Known>; whenRoom?: () => Promise<void> } = {},
) {
  const clock = new FakeClock();
  const observed: string[] = [];
  const touched: string[] = [];
  const asked = { here: 0, aside: 0 };
  const answer = hooks.answer ?? (() => Promise.resolve(new Map()));
  const ask = (where: 'here' | 'aside') => (hashes: readonly string[]) => {
    asked[where] += 1;
    return answer(hashes, asked.here + asked.aside);
  };
  const parts = {
    around: {
      groups: { knownFiles: ask('here'), knownFilesAside: ask('aside') },
      clock,
      ownership: { excluded: [], watchOf: () => ({}), isFor: () => true },
      project: { config: { service: { staleThresholdMs: dayMs } } },
    },
    keys: { isElsewhere: () => false },
    settler: {
      trustTimes: () => undefined,
      observe: (_watch: unknown, { path }: FoundFile) => void observed.push(path),
      touch: (_watch: unknown, path: string) => void touched.push(path),
    },
    intake: { whenRoom: hooks.whenRoom ?? (() => Promise.resolve()), newsOf },
    registry: { deliver: () => undefined, whenRoom: () => Promise.resolve() },
    onProgress: () => undefined,
  };
  // Only what a reading uses of them.
  const reading = new DeliveryReading(parts as unknown as ReadingParts, {
    pages: 2,
    fewFiles: 0,
    staleMs: Infinity,
    ...ahead,
  });
  return {
    reading,
    observed,
    touched,
    asked,
    clock,
    read: (changes: Partial<WatchConfig> = {}) =>
      reading.read(
        { ...watchOf(delivery, changes), name: 'watch' },
        null,
        new Patience(clock, { onSilence: () => undefined, onCrowd: () => undefined }),
      ),
  };
}

describe('a reading', () => {
  test('takes each page with its own answer, however late the answers come', async () => {
    const paths = readdirSync(delivery).map((name) => join(delivery, name));
    const files = paths.filter((_, i) => i % 3 !== 0).map((path, i) => knownFile(path, i));
    const all = new Map(files.map((file) => [file.pathHash, file]));
    const { read, observed, asked } = bench(
      {},
      {
        answer: async (hashes, n) => {
          // The first ones take longest.
          for (let turn = 20 * (4 - n); turn > 0; turn -= 1) await new Promise((resolve) => setImmediate(resolve));
          return new Map(
            hashes.flatMap((hash) => (all.has(hash) ? [[hash, all.get(hash)] as [string, KnownFile]] : [])),
          );
        },
      },
    );
    const { found, fresh, seen } = await read();
    expect([found, fresh]).toEqual([count, count - files.length]);
    expect(files.filter(({ id }) => !seen.has(id))).toEqual([]);
    expect(new Set(observed)).toEqual(new Set(paths.filter((_, i) => i % 3 === 0)));
    expect(asked).toEqual({ here: 0, aside: 3 });
  });

  test.each([
    ['lately', 0, false],
    ['a day ago', -dayMs, true],
    ['by a clock that was years ahead', 1000 * dayMs, true],
  ])('takes up what waits and was detected %s', async (_, distanceMs, isTakenUp) => {
    const path = join(delivery, '0');
    const { read, clock } = bench(
      {},
      {
        answer: () => {
          const file = { ...knownFile(path, 1), status: 'waiting', detectedAt: clock.now() + distanceMs } as const;
          return Promise.resolve(new Map([[file.pathHash, file]]));
        },
      },
    );
    const { again } = await read();
    expect(again.has('k')).toBe(isTakenUp);
  });

  test('looks up few files by itself', async () => {
    const { read, asked } = bench({ fewFiles: 600 });
    await read();
    expect(asked).toEqual({ here: 1, aside: 2 });
  });

  test('looks again at what had to wait for its turn, and tells of nothing that has gone meanwhile', async () => {
    let isFirst = true;
    const { read, observed, clock } = bench(
      { staleMs: 250 },
      {
        whenRoom: async () => {
          if (!isFirst) return;
          isFirst = false;
          for (const name of readdirSync(delivery)) rmSync(join(delivery, name));
          await clock.advance(300);
        },
      },
    );
    const { found } = await read();
    expect(found).toBe(count);
    expect(observed).toHaveLength(512);
  });

  test('has a file that has changed since it was looked at looked at by settling', async (context) => {
    if (!(await isLocalFileSystem(delivery)))
      return context.skip('the file system of the temporary directory is not local');
    let isFirst = true;
    const { read, observed, touched } = bench(
      {},
      {
        whenRoom: async () => {
          if (isFirst) for (const name of readdirSync(delivery)) appendFileSync(join(delivery, name), 'x');
          isFirst = false;
        },
      },
    );
    await read();
    expect([observed.length, touched.length]).toEqual([512, count - 512]);
  });

  test('asks nothing of another disk, which may hang, without leaving the loop', async (context) => {
    if (statSync(otherFileSystem).dev === statSync(delivery).dev) return context.skip('there is no other file system');
    const elsewhere = mkdtempSync(join(otherFileSystem, 'carbonation-reading-'));
    onTestFinished(() => rmSync(elsewhere, { recursive: true }));
    for (const name of readdirSync(delivery)) rmSync(join(delivery, name));
    writeFileSync(join(elsewhere, 'far'), '');
    symlinkSync(join(elsewhere, 'far'), join(delivery, 'far'));
    const { read, observed, touched } = bench(
      {},
      {
        answer: () => {
          appendFileSync(join(elsewhere, 'far'), 'x');
          return Promise.resolve(new Map());
        },
      },
    );
    await read({ followSymlinks: true });
    // It would be seen that it has changed.
    expect([observed, touched]).toEqual([[join(delivery, 'far')], []]);
  });

  test('fails as the database does, also of a page that is not taken any more', async () => {
    const { read } = bench({}, { answer: (_, n) => Promise.reject(new Error(`away ${n}`)) });
    await expect(read()).rejects.toThrow('away 1');
  });

  test('takes nothing any more once it is closed', async () => {
    const { reading, observed, read } = bench({}, { whenRoom: () => Promise.resolve(reading.close()) });
    await expect(read()).rejects.toMatchObject({ code: 'POOL_CLOSED' });
    expect(observed).toHaveLength(512);
  });
});
