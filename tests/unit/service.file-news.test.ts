import { describe, expect, it } from 'vitest';
import type { WatchConfig } from '../../src/config/types.ts';
import { fileNews } from '../../src/service/delivery/file-news.ts';
import type { KnownFile } from '../../src/store/index.ts';
import { watchOf } from '../support/watch.ts';

const watch = watchOf('/in');
const ownership = {
  watchOf: (name: string): WatchConfig | null => (name === 'gone' ? null : watchOf('/in', { name })),
};
const identity = { sizeBytes: 1, mtimeMs: 2, ctimeMs: 3, inode: 4 };
const other = { ...identity, mtimeMs: 9 };

function known(watchName: string, changes: Partial<KnownFile> = {}): KnownFile {
  const rest = { groupKey: 'k', detectedAt: 0, status: 'archived', hasReason: false, inDelivery: true } as const;
  return { id: 1, pathHash: 'h', sourcePath: '/in/a', watchName, ...identity, ...rest, ...changes };
}

describe('what a file is to the watch that has seen it', () => {
  it.each([
    ['new, if nobody knows it', undefined, 'new'],
    ['new, if a watch knows it that is no longer configured', known('gone'), 'new'],
    ['nothing, if it is as the watch knows it', known('w'), 'none'],
    ['its own, if it is back', known('w', { inDelivery: false }), 'own'],
    ['its own, if it has changed', known('w', other), 'own'],
    ['nothing, if another watch has archived it as it is', known('former'), 'none'],
    ['nothing, if another watch has given it up', known('former', { status: 'failed' }), 'none'],
    ['nothing, if another watch will try it again', known('former', { status: 'retry_pending' }), 'none'],
    ['new, if it has left another watch', known('former', { inDelivery: false }), 'new'],
    ['moved, if it is not what another watch has archived', known('former', other), 'moved'],
    ['moved, if it waits in another watch', known('former', { status: 'waiting' }), 'moved'],
  ] as const)('is %s', (_, file, news) => {
    expect(fileNews(ownership, watch, identity, file)).toBe(news);
  });

  it('is nothing to one that ignores what is delivered again', () => {
    const ignoring = watchOf('/in', { onRedelivery: 'ignore' });
    expect(fileNews(ownership, ignoring, identity, known('former', other))).toBe('none');
  });
});
