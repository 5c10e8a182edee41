import { lstatSync, type Stats } from 'node:fs';

import { beforeEach } from 'vitest';

import { Settler, type SettlerOptions } from '../../src/watch/index.ts';
import { FakeClock } from './fake-clock.ts';

/** A settler on a clock of its own that sees invented files. */
export class SettlerBench {
  readonly clock = new FakeClock();
  /** Paths as they settled, and as they were told gone. */
  readonly settled: string[] = [];
  readonly gone: string[] = [];
  /** The files as the settler sees them: a stat, or the code of the error; absent: ENOENT. */
  readonly files = new Map<string, Stats | string>();

  /** A settler, with other options where a test needs them. */
  settler(changes: Partial<SettlerOptions> = {}): Settler {
    return new Settler({
      clock: this.clock,
      onSettled: (found) => this.settled.push(...found.map(({ path }) => path)),
      onGone: (found) => this.gone.push(...found.map(({ path }) => path)),
      stat: (path) => {
        const file = this.files.get(path) ?? 'ENOENT';
        return typeof file === 'string' ? Promise.reject(errorOf(file)) : Promise.resolve(file);
      },
      ...changes,
    });
  }
}

/** A new bench for each test of the file. */
export function useBench(): () => SettlerBench {
  let bench = new SettlerBench();
  beforeEach(() => {
    bench = new SettlerBench();
  });
  return () => bench;
}

/** A system error by its code. */
export function errorOf(code: string): Error {
  return Object.assign(new Error(code), { code });
}

/** A regular file's stat, with times long ago. */
export function statOf(changes: Partial<Stats> = {}): Stats {
  return Object.assign(lstatSync(import.meta.filename), { mtimeMs: 1, ctimeMs: 1, size: 1, ino: 1, ...changes });
}
