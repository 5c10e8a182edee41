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
  const somethingIsDone = boundHeap(heap, () => now);
  for (let i = 0; i < 1000; i += 1) somethingIsDone();
  expect({ flags, looks }).toEqual({ flags: ['--heap-growing-percent=100'], looks: 1 });
  young = 33 * 2 ** 20;
  for (; now < 3000; now += 10) somethingIsDone();
  expect({ flags, looks }).toEqual({
    flags: ['--heap-growing-percent=100', '--semi-space-growth-factor=1'],
    looks: 2,
  });
});

it('keeps the heap of a command that streams as small as it goes', () => {
  const flags: string[] = [];
  collectEarly({ set: (flag) => flags.push(flag) });
  expect(flags).toEqual(['--semi-space-growth-factor=1', '--heap-growing-percent=30']);
});
