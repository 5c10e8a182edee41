import { describe, expect, it } from 'vitest';
import { Background } from '../../src/core/index.ts';

describe('what runs in the background', () => {
  it('is waited for, with what it begins and what fails', async () => {
    const background = new Background();
    const order: string[] = [];
    const first = Promise.withResolvers<void>();
    const second = Promise.withResolvers<void>();
    background.track(
      first.promise.then(() => {
        order.push('first');
        background.track(second.promise.then(() => order.push('second')));
        setImmediate(() => second.resolve());
        throw new Error('no matter');
      }),
    );
    const idle = background.whenIdle(60_000).then(() => order.push('idle'));
    first.resolve();
    await idle;
    expect(order).toEqual(['first', 'second', 'idle']);
  });

  it('is left behind when it hangs', async () => {
    const background = new Background();
    background.track(new Promise(() => undefined));
    await background.whenIdle(1);
  });

  it('that is nothing is not waited for', async () => {
    await new Background().whenIdle(60_000);
  });
});
