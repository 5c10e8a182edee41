import { describe, expect, it } from 'vitest';
import type { WatchConfig } from '../../src/config/types.ts';
import { Inbox, type Delivery } from '../../src/service/group/inbox.ts';

/** A watch of which nothing but the name counts here. */
const watchOf = (name: string) => ({ name }) as WatchConfig;

const deliveries = (name: string, count: number): Delivery[] =>
  Array.from({ length: count }, (_, i) => ({
    watch: watchOf(name),
    groupKey: `${name}${i}`,
    event: { type: 'files.removed', paths: [], at: 0 },
  }));

/** Takes what there is room for into memory. */
function enter(inbox: Inbox): readonly string[] {
  const entered: string[] = [];
  for (let next = inbox.take(); next.length > 0; next = inbox.take()) {
    for (const { watch, groupKey } of next) {
      inbox.entered(watch.name);
      entered.push(groupKey);
    }
  }
  return entered;
}

describe('the inbox', () => {
  it('leaves places to other watches where the groups of one take long', () => {
    const inbox = new Inbox(10, true);
    inbox.push(deliveries('slow', 100));
    expect(enter(inbox)).toHaveLength(8);
    inbox.push(deliveries('other', 1));
    expect(enter(inbox)).toEqual(['other0']);
    inbox.push(deliveries('third', 2));
    expect(enter(inbox)).toEqual(['third0']);
  });

  it('gives all places to the only watch', () => {
    const inbox = new Inbox(10, false);
    inbox.push(deliveries('only', 100));
    expect(enter(inbox)).toHaveLength(10);
  });

  it('keeps the order of a watch, and goes on with it when its groups have left', () => {
    const inbox = new Inbox(1, true);
    inbox.push(deliveries('a', 3));
    const entered: string[] = [];
    for (let turn = 0; turn < 3; turn += 1) {
      entered.push(...enter(inbox));
      inbox.left('a');
    }
    expect(entered).toEqual(['a0', 'a1', 'a2']);
    expect(inbox.length).toBe(0);
  });

  it('has room for the events of others, however many of one watch wait', () => {
    const inbox = new Inbox(10, true);
    inbox.push(deliveries('slow', 1000));
    enter(inbox);
    expect(['slow', 'other'].map((name) => inbox.isFullFor(name))).toEqual([true, false]);
    inbox.push(deliveries('other', 10));
    expect(inbox.isFullFor('other')).toBe(true);
    enter(inbox);
    expect(inbox.isFullFor('other')).toBe(false);
  });

  it('knows of which watches events wait', () => {
    const inbox = new Inbox(1, true);
    inbox.push(deliveries('a', 3));
    expect([inbox.holds(), inbox.holds(['a', 'b']), inbox.holds(['b'])]).toEqual([true, true, false]);
    inbox.clear();
    expect(inbox.holds()).toBe(false);
  });
});
