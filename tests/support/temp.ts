import { mkdtempSync, readdirSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, vi } from 'vitest';

export { otherFileSystem } from './mount.ts';

/**
 * Makes and removes a directory around each test of the file; the function
 * returns its absolute path. A test that leaves a file in it open fails.
 *
 * @param parent - the directory in which it is made
 */
export function useTemp(parent: string = tmpdir()): () => string {
  let path = '';
  beforeEach(() => {
    path = realpathSync(mkdtempSync(join(parent, 'carbonation-test-')));
  });
  afterEach(async () => {
    try {
      // Another thread may be about to close what it reads.
      const isClosed = () => expect(openFilesUnder(path), 'files left open').toEqual([]);
      await vi.waitFor(isClosed, { timeout: 5000, interval: 5 });
    } finally {
      rmSync(path, { recursive: true, force: true });
    }
  });
  return () => path;
}

/** Files under a directory that this process has open (also deleted ones). */
function openFilesUnder(directory: string): readonly string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`);
      return target.startsWith(`${directory}/`) ? [target] : [];
    } catch {
      // The descriptor with which this directory is listed is closed by now.
      return [];
    }
  });
}
