import { describe, expect, test } from 'vitest';

import { messageOf } from '../../src/errors/index.ts';
import { RootLooks, type RootMark } from '../../src/watch/index.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { watchOf } from '../support/watch.ts';

const watch = watchOf('/delivery');

/** Looks at a directory that answers when it is told to. */
function bench(isPatient = false) {
  const clock = new FakeClock();
  const asked: PromiseWithResolvers<RootMark>[] = [];
  const said: string[] = [];
  const onWait = ({ path }: { readonly path: string }) => said.push(`${path} is waited for`);
  const roots = new RootLooks(clock, isPatient ? onWait : null, () => {
    const look = Promise.withResolvers<RootMark>();
    asked.push(look);
    return look.promise;
  });
  const look = () => {
    const note = ({ inode }: RootMark) => said.push(`inode ${inode}`);
    roots.look(watch).then(note, (error: unknown) => said.push(messageOf(error)));
  };
  return { clock, asked, said, look, roots };
}

const silence = '/delivery does not answer: its disk or server may be away';

describe("looks at a watch's directory", () => {
  test('are one, whoever asks, and another one when that is over', async () => {
    const { clock, asked, said, look } = bench();
    look();
    look();
    asked[0]?.resolve({ device: 1, inode: 2 });
    await clock.advance(0);
    expect([asked.length, said, clock.timers]).toEqual([1, ['inode 2', 'inode 2'], 0]);
    look();
    asked[1]?.reject(new Error('no'));
    await clock.advance(0);
    expect(said).toEqual(['inode 2', 'inode 2', 'no']);
  });

  test('are given up after 10 s, and none is begun until that one is answered', async () => {
    const { clock, asked, said, look } = bench();
    look();
    await clock.advance(9999);
    expect(said).toEqual([]);
    await clock.advance(1);
    look();
    await clock.advance(0);
    expect([asked.length, said]).toEqual([1, [silence, silence]]);
    asked[0]?.resolve({ device: 1, inode: 2 });
    await clock.advance(0);
    look();
    asked[1]?.resolve({ device: 1, inode: 3 });
    await clock.advance(0);
    expect(said).toEqual([silence, silence, 'inode 3']);
  });

  test('of those who must not be told what was there before are begun when that one is over, and given up with it', async () => {
    const { clock, asked, look, roots } = bench();
    look();
    const anew = roots.lookAnew(watch);
    asked[0]?.resolve({ device: 1, inode: 2 });
    await clock.advance(0);
    asked[1]?.resolve({ device: 1, inode: 3 });
    expect(await anew).toEqual({ device: 1, inode: 3 });
    await Promise.all([expect(roots.lookAnew(watch)).rejects.toThrow(silence), clock.advance(10_000)]);
    await expect(roots.lookAnew(watch)).rejects.toThrow(silence);
    expect([asked.length, clock.timers]).toEqual([3, 0]);
  });

  test('are waited for without an end by whoever is patient, which is said once', async () => {
    const { clock, asked, said, look } = bench(true);
    look();
    look();
    await clock.advance(10_000);
    const wait = '/delivery is waited for';
    expect(said).toEqual([wait]);
    await clock.advance(3_600_000);
    asked[0]?.resolve({ device: 1, inode: 2 });
    await clock.advance(0);
    expect(said).toEqual([wait, 'inode 2', 'inode 2']);
  });
});
