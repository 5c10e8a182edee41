import { expect, it } from 'vitest';
import { HistoryPruner } from '../../src/service/history-pruner.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { collectLog } from '../support/log.ts';

/** A history of so many batches, in each of which nothing is too old but in the last one. */
function bench(batches: number) {
  const clock = new FakeClock();
  let asked = 0;
  const pruner = new HistoryPruner({
    retentionMs: 1000,
    prune: (_, afterId) => {
      asked += 1;
      const isLast = afterId + 1 === batches;
      return Promise.resolve({ next: isLast ? null : afterId + 1, removed: isLast ? 7 : 0 });
    },
    clock,
    log: collectLog(),
  });
  return { clock, pruner, asked: () => asked };
}

it('the work of the service goes first', async () => {
  const { clock, pruner, asked } = bench(1000);
  pruner.begin();
  await clock.advance(100);
  expect(asked()).toBeLessThan(10);
});

it('a run that ends takes no pauses: what is kept for ever at its beginning is not all that it gets to', async () => {
  const { clock, pruner, asked } = bench(1000);
  pruner.begin();
  await clock.advance(10);
  const closed = pruner.close(true);
  await clock.advance(100);
  expect(asked()).toBe(1000);
  await closed;
});

it('a service that stops ends it after the batch under way', async () => {
  const { clock, pruner, asked } = bench(1000);
  pruner.begin();
  await clock.advance(10);
  const closed = pruner.close(false);
  await clock.advance(100);
  await closed;
  expect(asked()).toBe(1);
});

it('the next round goes on where the last one ended, and one of ten begins at the beginning', async () => {
  const { clock, pruner, asked } = bench(5);
  const counts: number[] = [];
  for (let round = 0; round < 11; round += 1) {
    const before = asked();
    pruner.begin();
    await clock.advance(1000);
    counts.push(asked() - before);
  }
  expect(counts).toEqual([5, ...Array.from({ length: 9 }, () => 1), 5]);
});
