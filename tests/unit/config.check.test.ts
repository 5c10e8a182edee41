import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { beforeEach, describe, expect, it } from 'vitest';

import { crossCheck, formatProblem, hostCheck, loadConfig, locateProblems } from '../../src/config/index.ts';
import type { PluginKeys } from '../../src/plugin/contract.ts';
import { parseRules } from '../../src/rules/load.ts';
import { useTemp } from '../support/temp.ts';

const temp = useTemp();
let directory: string;
let path: string;

beforeEach(() => {
  directory = temp();
  path = join(directory, 'config.toml');
});

const column = { type: 'text', nullable: true, index: false } as const;
const keys: PluginKeys = {
  columns: { category: column, start: { ...column, type: 'datetime' } },
  extractors: ['sample'],
  groupFunctions: ['by_pass'],
  selectionFunctions: ['should_archive'],
  routingFunctions: ['route_file'],
  integrityFunctions: [],
};

const archive = '[[archive]]\nname = "store"\nbase_path = "/store"\ndestination = "{category}"\n';
const watch = '[[watch]]\nname = "w"\npath = "in"\nrules = "rs"\narchive = "store"\n';
const config = archive + watch;
const rules = '[rs]\nmetadata = { extract = "sample" }\n';

/** All problems of the two files together, as lines. */
async function check(configText: string, rulesText: string, plugin: PluginKeys | null = keys): Promise<string[]> {
  await writeFile(path, configText);
  const loaded = await loadConfig(path, {});
  const parsed = parseRules(rulesText, 'rules.toml');
  if (parsed.rules === null) throw new Error(parsed.problems.map(formatProblem).join('\n'));
  const files = { config: 'config.toml', rules: 'rules.toml' };
  const problems = crossCheck(loaded.config, parsed.rules, plugin, files);
  const located = await locateProblems(problems, { 'config.toml': configText, 'rules.toml': rulesText });
  return located.map((problem) => formatProblem(problem).replaceAll(directory, ''));
}

describe('crossCheck', () => {
  it('finds nothing in files that fit together', async () => {
    expect(await check(config, rules)).toEqual([]);
  });

  it('refuses a rule set and archives that do not exist, in both files', async () => {
    const text = `${archive}[[watch]]\nname = "w"\npath = "in"\nrules = "sr"\narchive = "stor"\n`;
    const routed = `${rules}archive = "tape"\n[[rs.routing]]\nmatch = "x"\narchive = "store2"\n`;
    expect(await check(text, routed)).toEqual([
      'config.toml:8: watch[0].rules: watch "w": rules.toml has no rule set "sr"; did you mean "rs"?',
      'config.toml:9: watch[0].archive: watch "w": there is no archive "stor"; did you mean "store"?',
      'rules.toml:3: rs.archive: rule set "rs": there is no archive "tape" in config.toml; there is: store',
      'rules.toml:6: rs.routing[0].archive: rule set "rs": there is no archive "store2" in config.toml; ' +
        'did you mean "store"?',
    ]);
  });

  it('does not take an inherited property for a rule set', async () => {
    expect(await check(config.replace('"rs"', '"constructor"'), rules)).toEqual([
      expect.stringContaining('rules.toml has no rule set "constructor"'),
    ]);
  });

  it('refuses keys that the plugin does not have, and names those that it has', async () => {
    const text = `
[rs.metadata]
extract = "sampel"
[rs.completeness]
group_by = "plugin"
group_function = "nope"
expected_extensions = [".a"]
[[rs.integrity]]
type = "plugin"
function = "sound"
[[rs.selection]]
type = "plugin"
function = "xyz"
[[rs.routing]]
type = "plugin"
function = "route_fil"
`;
    expect(await check(config, text)).toEqual([
      'rules.toml:3: rs.metadata.extract: rule set "rs": the plugin has no extractor "sampel"; available: sample; ' +
        'did you mean "sample"?',
      'rules.toml:6: rs.completeness.group_function: rule set "rs": the plugin has no group function "nope"; ' +
        'available: by_pass',
      'rules.toml:10: rs.integrity[0].function: rule set "rs": the plugin has no integrity function "sound"; ' +
        'it has none',
      'rules.toml:13: rs.selection[0].function: rule set "rs": the plugin has no selection function "xyz"; ' +
        'available: should_archive',
      'rules.toml:16: rs.routing[0].function: rule set "rs": the plugin has no routing function "route_fil"; ' +
        'available: route_file; did you mean "route_file"?',
    ]);
  });

  it('leaves the plugin’s keys and columns alone when the plugin is not known', async () => {
    expect(await check(config, '[rs]\nmetadata = { extract = "x" }\n[[rs.selection]]\nhas_keys = ["y"]', null)).toEqual(
      [],
    );
  });

  it('refuses a placeholder that nothing fills', async () => {
    const text = config.replace('"{category}"', '"{watch_name}/{{no}}/{start:%Y}/{orbit:06d}"');
    expect(await check(text, rules)).toEqual([
      'config.toml:4: archive[0].destination: archive "store": nothing is named "orbit"; ' +
        'known: watch_name, file_type, group_key, category, start',
    ]);
  });

  it.each([
    [
      '{start:06d}',
      'start is a date, which this format does not take; give dates strftime directives, e.g. {start:%Y%m%d}',
    ],
    ['{category:%Y}', 'category is a text, which this format does not take; declare the column with the type that'],
    ['{group_key:d}', 'group_key is a text, which this format does not take'],
  ])('refuses the format of %s, which no value of its column fits', async (destination, why) => {
    const text = config.replace('"{category}"', JSON.stringify(destination));
    expect(await check(text, rules)).toEqual([
      expect.stringContaining(`config.toml:4: archive[0].destination: archive "store": ${destination}: ${why}`),
    ]);
  });

  it('takes a format that a value of a JSON column may fit', async () => {
    const withJson = { ...keys, columns: { ...keys.columns, extra: { ...column, type: 'json' } as const } };
    for (const destination of ['{extra}', '{extra:06d}', '{extra!s:>6}'])
      expect(await check(config.replace('"{category}"', JSON.stringify(destination)), rules, withJson)).toEqual([]);
  });

  it('warns of conditions on what is no column', async () => {
    const block =
      '[[rs.selection]]\nhas_keys = ["categry"]\nlacks_keys = ["draft"]\nfield = [{ name = "z", matches = ["a"] }]\n';
    expect(await check(config, rules + block)).toEqual([
      expect.stringMatching(/^rules\.toml:4: warning: .*"categry" is no column .*did you mean "category"\?$/),
      expect.stringMatching(/^rules\.toml:5: warning: .*"draft" is no column .*its columns: category, start$/),
      expect.stringMatching(/^rules\.toml:6: warning: .*"z" is no column /),
    ]);
  });

  it('warns of a template that needs metadata which is never extracted', async () => {
    expect(await check(config, '[rs]')).toEqual([
      expect.stringContaining('archive "store" needs category, but rule set "rs" extracts no metadata'),
    ]);
  });

  it.each([
    ['["*.txt"]', ['.json']],
    ['["*.{txt,json}"]', []],
    ['["cal_*.t?t", "*.json"]', []],
    ['["data"]', ['.txt', '.json']],
    ['["*"]', []],
    ['["*.tx[t]"]', []],
  ])('warns of patterns %s that miss an expected extension', async (patterns, missed) => {
    const completeness = '[rs.completeness]\nexpected_extensions = [".txt", ".json"]\n';
    expect(await check(`${config}patterns = ${patterns}\n`, rules + completeness)).toEqual(
      missed.map((extension) =>
        expect.stringContaining(`watch[0].patterns: watch "w": no pattern matches a file "*${extension}"`),
      ),
    );
  });

  it('warns of an ignore pattern that takes an expected extension away', async () => {
    const completeness = '[rs.completeness]\nexpected_extensions = [".tmp"]\n';
    expect(await check(config, rules + completeness)).toEqual([
      expect.stringContaining('watch[0].ignore_patterns: watch "w": an ignore pattern takes away a file "*.tmp"'),
    ]);
  });

  it.each([
    ['', ['every group fails']],
    [
      '[[rs.routing]]\nmatch = "x*"\narchive = "store"\n',
      ['a group that no routing rule of "rs" matches has no archive'],
    ],
    ['[[rs.routing]]\nmatch = "*"\narchive = "store"\n', []],
    ['archive = "store"\n', []],
  ])('warns when no archive can be reached: %j', async (more, expected) => {
    const found = await check(config.replace('archive = "store"\n', ''), rules + more);
    expect(found).toEqual(expected.map((part) => expect.stringContaining(part)));
  });

  it.each([
    ['in', false, false, true],
    ['in/sub', true, false, true],
    ['in/sub', false, true, false],
    ['in2', true, true, false],
  ])('compares a second watch %s (outer recursive: %s, inner: %s)', async (second, outer, inner, warned) => {
    const other = watch.replace('"w"', '"v"').replace('"in"', `"${second}"`);
    const found = await check(`${config}recursive = ${outer}\n${other}recursive = ${inner}\n`, rules);
    const warning = expect.stringContaining('watch[1].path: watch "v" and watch "w" see the same files');
    expect(found).toEqual(warned ? [warning] : []);
  });

  it('warns of an archive inside a watched directory', async () => {
    expect(await check(`${config.replace('"/store"', '"in/store"')}recursive = true\n`, rules)).toEqual([
      expect.stringContaining('archive "store" is inside watch "w"'),
    ]);
  });

  it('refuses an archive in the very directory that is watched: nothing would be delivered', async () => {
    expect(await check(config.replace('"/store"', '"in"'), rules)).toEqual([
      expect.stringMatching(
        /^config\.toml:\d+: archive\[0\]\.base_path: archive "store" and watch "w" are the same directory/,
      ),
    ]);
  });

  it('warns when nothing is watched', async () => {
    expect(await check(archive, rules)).toEqual(['config.toml: warning: no [[watch]]: nothing is watched']);
  });
});

describe('hostCheck', () => {
  async function host(text: string): Promise<string[]> {
    await writeFile(path, text);
    const loaded = await loadConfig(path, {});
    return (await hostCheck(loaded.config, 'config.toml')).map((problem) =>
      formatProblem(problem).replaceAll(directory, ''),
    );
  }

  it('does not miss an archive that is yet to be created', async () => {
    await mkdir(join(directory, 'in'));
    expect(await host(config)).toEqual([]);
  });

  it('warns of a watch directory that is missing, and of one that is a file', async () => {
    await writeFile(join(directory, 'file'), '');
    const second = watch.replace('"w"', '"v"').replace('"in"', '"file"');
    expect(await host(config + second)).toEqual([
      'config.toml: warning: watch[0].path: /in does not exist',
      'config.toml: warning: watch[1].path: /file is not a directory',
    ]);
  });

  it('warns of directories that cannot be used, with the reason of the system', async () => {
    await writeFile(join(directory, 'file'), '');
    const text = config.replace('"/store"', '"file/store"').replace('"in"', '"file/in"');
    expect(await host(text)).toEqual([
      'config.toml: warning: watch[0].path: /file/in cannot be read (ENOTDIR)',
      'config.toml: warning: archive[0].base_path: /file/store cannot be written (ENOTDIR)',
    ]);
  });

  it.each([
    ['119', true],
    ['1min 59s', true],
    ['30 sec', true],
    ['120', false],
    ['2min', false],
    ['1min 60s', false],
    ['0', false],
    ['infinity', false],
  ])('compares WatchdogSec=%s with two heartbeats of 60 s', async (value, warned) => {
    await writeFile(join(directory, 'carbonation.service'), `[Service]\nWatchdogSec=${value}\n`);
    const line =
      `/carbonation.service:2: warning: WatchdogSec: ${value} is less than 2 × heartbeat_interval: ` +
      'systemd may kill a healthy service; set at least WatchdogSec=120';
    expect(await host('')).toEqual(warned ? [line] : []);
  });
});
