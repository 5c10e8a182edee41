import { expect, it } from 'vitest';
import { UngroupedFiles } from '../../src/service/delivery/ungrouped.ts';

it('files in no group are counted and the first of them named, each until it is forgotten', () => {
  const files = new UngroupedFiles();
  expect([files.of('w'), files.problems('w'), files.paths('w')]).toEqual([null, [], []]);
  for (let n = 0; n < 7; n += 1) files.note('w', `/d/${n}`, 'no scene');
  files.note('other', '/e', 'no scene');
  files.forget('w', '/d/0');
  files.forget('w', '/e');
  expect(files.of('w')).toEqual({ files: 6, path: '/d/1', reason: 'no scene' });
  expect(files.problems('w')).toEqual([
    ...[1, 2, 3, 4, 5].map((n) => `/d/${n} is in no group: no scene`),
    'and 1 more',
  ]);
  for (const path of files.paths('w')) files.forget('w', path);
  expect(files.of('w')).toBeNull();
  expect(files.paths('other')).toEqual(['/e']);
});

it('of very many files, with long reasons, only so much is remembered', () => {
  const files = new UngroupedFiles();
  for (let n = 0; n < 10_001; n += 1) files.note('w', `/d/${n}`, 'x'.repeat(4000));
  expect(files.of('w')).toEqual({ files: 10_000, path: '/d/0', reason: `${'x'.repeat(299)}…` });
  // One that is known already has its latest reason all the same.
  files.note('w', '/d/0', 'y');
  expect(files.of('w')?.reason).toBe('y');
});
