import { describe, expect, it } from 'vitest';
import { initialContext, type GroupContext, type SeenFile } from '../../machines/file-group/index.ts';
import { newsIn } from '../../src/service/group/news.ts';

const policy = {
  maxRetries: 3,
  retryDelayMs: 1000,
  retryBackoff: 'fixed',
  retryMaxDelayMs: 10_000,
  onRedelivery: 'archive',
} as const;

function seen(name: string, sizeBytes = 1): SeenFile {
  return { path: `/in/${name}`, name, identity: { sizeBytes, mtimeMs: 1, ctimeMs: 1, inode: 1 } };
}

function knowing(...files: readonly SeenFile[]): GroupContext {
  return initialContext({ watchName: 'w', groupKey: 'g', policy, files, rulesVersion: 'r1', at: 5 });
}

const settled = (...files: readonly SeenFile[]) =>
  ({ type: 'files.settled', files, rulesVersion: 'r1', at: 9 }) as const;

describe('what is news to a group in memory', () => {
  it('is not a file that it has as it is', () => {
    expect(newsIn(settled(seen('a'), seen('b')), knowing(seen('a'), seen('b')))).toBeNull();
  });

  it('is a file that is another one now, and one that it has not', () => {
    const changed = seen('a', 2);
    expect(newsIn(settled(changed, seen('b'), seen('c')), knowing(seen('a'), seen('b')))).toEqual(
      settled(changed, seen('c')),
    );
  });

  it('is a file that is back', () => {
    const context = knowing(seen('a'));
    const component = Object.values(context.components)[0];
    expect(component).toBeDefined();
    if (component === undefined) return;
    const without = { ...context, components: { '/in/a': { ...component, inDelivery: false } } };
    expect(newsIn(settled(seen('a')), without)).toEqual(settled(seen('a')));
  });

  it('is measured by what has come last, also where that waits for the work at hand', () => {
    const context = { ...knowing(seen('a'), seen('b')), deferred: { '/in/a': seen('a', 2), '/in/b': null } };
    expect(newsIn(settled(seen('a', 2)), context)).toBeNull();
    expect(newsIn(settled(seen('a'), seen('b')), context)).toEqual(settled(seen('a'), seen('b')));
  });

  it('is everything else', () => {
    const event = { type: 'files.removed', paths: ['/in/a'], at: 9 } as const;
    expect(newsIn(event, knowing(seen('a')))).toBe(event);
  });
});
