import { describe, expect, it } from 'vitest';

import { useConfigDirectory } from '../support/config-directory.ts';

const directory = useConfigDirectory();

describe('destination', () => {
  const make = (destination: string, base = ''): string =>
    `[[archive]]\nname = "a"\ndestination = "${destination}"\n${base === '' ? '' : `base_path = "${base}"\n`}`;

  it.each([
    ['/data/archive/{category}/x', '/data/archive', '{category}/x'],
    ['/data/year-{start:%Y}/{a}', '/data', 'year-{start:%Y}/{a}'],
    ['/{a}', '/', '{a}'],
    ['/data/archive', '/data/archive', ''],
  ])('takes the literal directories of %s as the base path', async (destination, basePath, rest) => {
    expect((await directory.load(make(destination))).archives[0]).toMatchObject({ basePath, destination: rest });
  });

  it.each([
    ['/data/sub/{a}', 'sub/{a}'],
    ['/data/{a}', '{a}'],
    ['/data/sub', 'sub'],
    ['/data', ''],
  ])('makes %s relative to the base path it is below', async (destination, rest) => {
    const config = await directory.load(make(destination, '/data'));
    expect(config.archives[0]).toMatchObject({ basePath: '/data', destination: rest });
  });

  it('refuses an absolute destination that is not below the base path', async () => {
    expect(await directory.lines(make('/data-2/{a}', '/data'))).toEqual([
      'config.toml:3: archive[0].destination: it must be below `base_path` (/data)',
    ]);
  });

  it('refuses a relative destination without a base path', async () => {
    expect(await directory.lines(make('{a}'))).toEqual([
      'config.toml:1: archive[0].base_path: missing; a relative `destination` needs it',
    ]);
  });

  it.each([
    ['{start', 'character 1: a "{" that is never closed'],
    ['a/start}', 'character 8: a "}" without its "{"'],
    ['{start:%K}', 'character 1: the format "%K" is not supported: "%K" is not a date directive'],
    ['{a.b}', 'character 1: "a.b" reaches into a value'],
  ])('refuses %s, which is no template', async (destination, why) => {
    expect(await directory.lines(make(destination, '/data'))).toEqual([
      expect.stringContaining(`config.toml:3: archive[0].destination: template "${destination}", ${why}`),
    ]);
  });

  it('refuses a destination that climbs', async () => {
    expect(await directory.lines(make('../{a}', '/data'))).toEqual([
      'config.toml:3: archive[0].destination: it must not contain ".."',
    ]);
  });
});
