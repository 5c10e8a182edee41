import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { identityOf, stableKey } from '../../src/core/index.ts';
import type { ReadingParts } from '../../src/service/delivery/reading.ts';
import { DeliveryReconciler } from '../../src/service/delivery/reconcile.ts';
import type { KnownFile } from '../../src/store/index.ts';
import { RootLooks } from '../../src/watch/index.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { useTemp } from '../support/temp.ts';
import { watchOf } from '../support/watch.ts';

const temp = useTemp();

/** A file as it is on record. */
function record(id: number, sourcePath: string, identity: ReturnType<typeof identityOf>): KnownFile {
  const rest = { groupKey: 'k', watchName: 'watch', detectedAt: 0, status: 'waiting', hasReason: false } as const;
  return { id, pathHash: stableKey(sourcePath), sourcePath, inDelivery: true, ...identity, ...rest };
}

test('a directory is not told by what has been delivered into it and is recorded while it is read', async () => {
  const delivery = join(temp(), 'delivery');
  mkdirSync(delivery);
  writeFileSync(join(delivery, 'later'), 'delivered while the disk was not mounted');
  const later = identityOf(statSync(join(delivery, 'later')));
  const rows = [record(1, join(delivery, 'gone'), { ...later, inode: 1 })];
  const root = statSync(delivery);
  const cleared: string[] = [];
  const recorded: unknown[] = [];
  const clock = new FakeClock();
  const after = <T>(ids: (row: KnownFile) => boolean, of: (row: KnownFile) => T) =>
    Promise.resolve(rows.filter(ids).map(of));
  const parts = {
    around: {
      clock,
      log: { error: () => undefined },
      ownership: { excluded: [], watchOf: () => ({}), isFor: () => true },
      project: { config: { service: { maxGonePercent: 100, maxGoneFiles: 100, staleThresholdMs: Infinity } } },
      groups: {
        newestFileId: async () => Math.max(...rows.map(({ id }) => id)),
        knownFiles: async () => new Map(),
        deliveredIds: (_watch: string, afterId: number) =>
          after(
            ({ id }) => id > afterId,
            ({ id }) => ({ id, isArchived: false }),
          ),
        deliveredById: (_watch: string, ids: readonly number[]) =>
          after(
            ({ id }) => ids.includes(id),
            (row) => row,
          ),
        watchRoot: async () => ({ watchName: 'watch', path: delivery, device: root.dev + 1, inode: root.ino }),
        recordWatchRoot: async (mark: unknown) => void recorded.push(mark),
      },
    },
    keys: { isElsewhere: () => false },
    settler: {
      trustTimes: () => undefined,
      // Settled, taken in and committed before the reading is over.
      observe: (_watch: unknown, path: string) => void rows.push(record(2, path, later)),
      touch: () => undefined,
    },
    intake: {
      newsOf: () => 'new',
      whenRoom: () => Promise.resolve(),
      gone: (files: readonly { path: string }[]) => cleared.push(...files.map(({ path }) => path)),
    },
    registry: { deliver: () => undefined },
    onProgress: () => undefined,
  };
  // Only what a reconciliation uses of them.
  const reconciler = new DeliveryReconciler(parts as unknown as ReadingParts, {
    roots: new RootLooks(clock, () => undefined),
    isPatient: true,
    onAgain: () => undefined,
    onLate: () => undefined,
  });
  const report = await reconciler.watch({ ...watchOf(delivery), name: 'watch' });
  expect(report).toMatchObject({ fresh: 1, gone: 1, removed: 0 });
  expect(report.brake).toContain('1 of 1 files in delivery are gone');
  expect([rows.length, cleared, recorded]).toEqual([2, [], []]);
});
