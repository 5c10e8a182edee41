import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Batcher, type Pending } from '../../src/workers/batcher.ts';
import { Places } from '../../src/workers/places.ts';

describe('messages', () => {
  let sizes: number[] = [];
  let tookMs = 0;
  let now = 0;

  /**
   * @param answer - to a request
   * @param take - how long a message takes, in ms
   */
  const batcher = <Request, Answer>(
    answer: (request: Request) => Answer,
    take: (batch: readonly Pending<Request, Answer>[]) => number,
  ): Batcher<Request, Answer> =>
    new Batcher<Request, Answer>({
      batchSize: 64,
      places: new Places({ usual: 1, most: 1, heldUpMs: 60_000 }),
      send: (batch) => {
        now += take(batch);
        for (const { request, resolve } of batch) resolve(answer(request));
        return Promise.resolve([]);
      },
    });

  const counting = (): Batcher<number, number> =>
    batcher(
      (request) => -request,
      (batch) => {
        sizes.push(batch.length);
        return tookMs;
      },
    );

  beforeEach(() => {
    sizes = [];
    vi.spyOn(performance, 'now').mockImplementation(() => now);
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });

  const ask = async (count: number, all = counting()): Promise<Batcher<number, number>> => {
    const requests = Array.from({ length: count }, (_, i) => i + 1);
    expect(await Promise.all(requests.map((request) => all.ask(request)))).toEqual(requests.map((request) => -request));
    return all;
  };

  it('begin small and grow while they come back quickly', async () => {
    tookMs = 249;
    await ask(4 + 16 + 64 + 64);
    expect(sizes).toEqual([4, 16, 64, 64]);
  });

  it('stay as they are when a larger one would be slow', async () => {
    tookMs = 250;
    await ask(12);
    expect(sizes).toEqual([4, 4, 4]);
  });

  it('shrink when they are slow, to single requests', async () => {
    tookMs = 1001;
    await ask(4 + 2 + 1 + 1);
    expect(sizes).toEqual([4, 2, 1, 1]);
  });

  it('do not grow by what was not there to fill them', async () => {
    tookMs = 1;
    const all = await ask(3);
    await ask(8, all);
    expect(sizes).toEqual([3, 4, 4]);
  });

  it('are shared only by lanes that are quick: one that is slow has messages of its own, in turns with the others’', async () => {
    const sent: string[] = [];
    const all = batcher(
      (request: string) => request,
      (batch) => {
        sent.push(batch.map(({ request }) => request).join(''));
        return batch.some(({ lane }) => lane === 'slow') ? 1001 : 1;
      },
    );
    const asked = (requests: string, lane: string) => [...requests].map((request) => all.ask(request, lane));
    await Promise.all([...asked('abcdefghi', 'slow'), ...asked('1234567', 'quick'), ...asked('#', 'other')]);
    expect(sent).toEqual(['abcd', 'ef', '12', '34567#', 'g', 'h', 'i']);
  });

  it('are shared by a lane again that has become quick', async () => {
    const sent: string[] = [];
    const all = batcher(
      (request: string) => request,
      (batch) => {
        sent.push(batch.map(({ request }) => request).join(''));
        return sent.length === 1 ? 1001 : 1;
      },
    );
    const asked = (requests: string, lane: string) => [...requests].map((request) => all.ask(request, lane));
    await Promise.all([...asked('abcdefghi', 'a'), ...asked('1234567', 'b')]);
    expect(sent).toEqual(['abcd', 'ef', '12', '34567ghi']);
  });

  it('are not made of what nobody wants any more, wherever that waits', async () => {
    const sent: string[] = [];
    const changed = new AbortController();
    const all = new Batcher<string, string>({
      batchSize: 64,
      places: new Places({ usual: 1, most: 1, heldUpMs: 60_000 }),
      send: (batch) => {
        sent.push(batch.map(({ request }) => request).join(''));
        if (sent.length > 1) {
          for (const { request, resolve } of batch) resolve(request);
          return Promise.resolve([]);
        }
        // Slow, and each to be asked by itself, as after the end of a thread.
        now += 1001;
        changed.abort(new Error('changed meanwhile'));
        return Promise.resolve(batch);
      },
    });
    const wanted = (requests: string, lane: string) => [...requests].map((request) => all.ask(request, lane));
    const unwanted = (count: number, lane: string) =>
      Array.from({ length: count }, () => all.ask('-', lane, changed.signal));
    const outcomes = await Promise.allSettled([
      ...wanted('a', 'slow'),
      ...unwanted(2, 'slow'),
      ...wanted('b', 'slow'),
      ...unwanted(5, 'slow'),
      ...wanted('c', 'slow'),
      ...unwanted(5, 'quick'),
      ...wanted('12', 'quick'),
      ...unwanted(5, 'quick'),
      ...unwanted(5, 'other'),
    ]);
    const [first, ...others] = sent;
    expect(first).toBe('a--b');
    expect([...others.join('')].toSorted().join('')).toBe('12abc');
    expect(outcomes.filter(({ status }) => status === 'rejected').length).toBe(22);
    // Nothing keeps a place.
    await expect(all.ask('d', 'slow')).resolves.toBe('d');
  });
});
