import { expect, it } from 'vitest';
import { boundHeap, collectEarly } from '../../src/cli/memory.ts';

it('holds the young generation of a service once it is as large as it should be, and not before', () => {
  let young = 4 * 2 ** 20;
  let now = 1000;
  let looks = 0;
  const flags: string[] = [];
  const heap = {
    young: () => {
      looks += 1;
      return young;
    },
    set: (flag: string) => flags.push(flag),
  };
  const { hold } = boundHeap(heap, () => now);
  for (let i = 0; i < 1000; i += 1) hold();
  expect({ flags, looks }).toEqual({ flags: ['--heap-growing-percent=100'], looks: 1 });
  young = 33 * 2 ** 20;
  for (; now < 3000; now += 10) hold();
  expect({ flags, looks }).toEqual({
    flags: ['--heap-growing-percent=100', '--semi-space-growth-factor=1'],
    looks: 2,
  });
});

it('leaves the heap alone while threads start: with other options they would find no code in a cache', async () => {
  const flags: string[] = [];
  const heap = boundHeap({ young: () => 33 * 2 ** 20, set: (flag) => flags.push(flag) });
  const [one, other] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  heap.leaveAlone(one.promise);
  heap.leaveAlone(other.promise);
  heap.hold();
  one.resolve();
  await one.promise;
  heap.hold();
  expect(flags).toEqual([]);
  // One that cannot be started is over as well.
  other.reject(new Error('no thread'));
  await expect(other.promise).rejects.toThrow('no thread');
  heap.hold();
  const bounded = ['--heap-growing-percent=100', '--semi-space-growth-factor=1'];
  expect(flags).toEqual(bounded);
  heap.leaveAlone(Promise.resolve());
  heap.hold();
  const left = ['--heap-growing-percent=0', '--semi-space-growth-factor=2'];
  expect(flags).toEqual([...bounded, ...left]);
  await Promise.resolve();
  heap.hold();
  expect(flags).toEqual([...bounded, ...left, ...bounded]);
});

it('keeps the heap of a command that streams as small as it goes', () => {
  const flags: string[] = [];
  collectEarly({ set: (flag) => flags.push(flag) });
  expect(flags).toEqual(['--semi-space-growth-factor=1', '--heap-growing-percent=30']);
});
