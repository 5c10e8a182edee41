import { describe, expect, it } from 'vitest';
import { Ownership } from '../../src/service/ownership.ts';
import { watchOf } from '../support/watch.ts';

const outer = watchOf('/in', { name: 'outer', recursive: true, ignorePatterns: ['.*', 'special'] });

describe('a file of watches that overlap', () => {
  it('belongs to the first one that takes it', () => {
    const second = watchOf('/in/second', { name: 'second', patterns: ['*.xml'] });
    const ownership = new Ownership({ watches: [second, outer], archives: [] });
    expect(ownership.isFor(second, '/in/second/a.xml')).toBe(true);
    expect(ownership.isFor(outer, '/in/second/a.xml')).toBe(false);
    expect(ownership.isFor(outer, '/in/second/a.dat')).toBe(true);
  });

  it('belongs to no watch that ignores a directory on the way to it, however deep it lies', () => {
    const special = watchOf('/in/special', { name: 'special', recursive: true });
    const ownership = new Ownership({ watches: [outer, special], archives: [] });
    for (const path of ['/in/special/a.dat', '/in/special/below/a.dat', '/in/special/below/further/a.dat']) {
      expect(ownership.isFor(special, path)).toBe(true);
      expect(ownership.isFor(outer, path)).toBe(false);
    }
    expect(ownership.isFor(outer, '/in/other/a.dat')).toBe(true);
    expect(ownership.isFor(special, '/in/other/a.dat')).toBe(false);
  });

  it('belongs to a watch that ignores the name of its own directory, or of one above it', () => {
    const hidden = watchOf('/in/.hidden', { name: 'hidden' });
    const ownership = new Ownership({ watches: [outer, hidden], archives: [] });
    expect(ownership.isFor(hidden, '/in/.hidden/a.dat')).toBe(true);
    expect(ownership.isFor(outer, '/in/.hidden/a.dat')).toBe(false);
  });
});
