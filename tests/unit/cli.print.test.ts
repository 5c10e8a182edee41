import { describe, expect, it } from 'vitest';

import { historyText } from '../../src/cli/audit-report.ts';
import { hasColour, paintFor, table, takesCommands } from '../../src/cli/print.ts';
import { cutEnd, cutMiddle } from '../../src/cli/width.ts';
import { runCli, TextStream } from '../support/cli.ts';
import { TestProject, until } from '../support/project.ts';

const paint = await paintFor(new TextStream(), {});

describe('a table', () => {
  it('puts numbers to the right, and what must not reach a terminal is escaped', () => {
    const rows = [
      ['a', 7, 'x\u001B'],
      ['grün😀', 1234, ''],
    ];
    expect(table(['name', 'n', 'note'], rows, paint).split('\n')).toEqual([
      'name       n  note',
      'a          7  x\\u001b',
      'grün😀  1234',
    ]);
  });

  it('puts numbers to the right also where one is not known', () => {
    const rows = [
      ['a', 7],
      ['lost', ''],
      ['b', 1234],
    ];
    expect(table(['name', 'n'], rows, paint).split('\n')).toEqual(['name     n', 'a        7', 'lost', 'b     1234']);
  });

  it('has its columns under each other in a terminal, however wide the characters are', () => {
    // In the columns that they take there: a letter one, one of an East Asian script or an emoji two, what is put on a letter none.
    const names = ['ascii', '配信_01', 'データ', '한글', '한글'.normalize('NFD'), 'e\u0301te\u0301', '👩‍🚀🇩🇪', 'ﾃﾞｰﾀ'];
    const lines = table(
      ['key', 'state'],
      names.map((name) => [name, 'failed']),
      paint,
    ).split('\n');
    expect(lines.map((line) => line.replace(/ (?:failed|state)$/, '|'))).toEqual([
      'key     |',
      'ascii   |',
      '配信_01 |',
      'データ  |',
      '한글    |',
      `${'한글'.normalize('NFD')}    |`,
      'e\u0301te\u0301     |',
      '👩‍🚀🇩🇪    |',
      'ﾃﾞｰﾀ    |',
    ]);
  });

  it('has its texts cut to a terminal: a sentence at its end, a name in the middle, a number not at all', () => {
    const rows = [['delivery-of-station-0412', 123_456_789, 'it cannot be read']];
    expect(table(['watch', 'n', 'reason'], rows, paint, 40).split('\n')).toEqual([
      'watch                  n  reason',
      'delive…n-0412  123456789  it cannot be…',
    ]);
  });

  it('is empty without rows', () => {
    expect(table(['name'], [], paint)).toBe('');
  });

  it('has a row for each of the groups of a large project', () => {
    const rows = Array.from({ length: 200_000 }, (_, i) => ['incoming', `pass_${i}`, 'archived', 2, '/archive', '']);
    const lines = table(['watch', 'group', 'would be', 'files', 'archive path', 'reason'], rows, paint).split('\n');
    expect(lines).toHaveLength(200_001);
    expect(lines.at(-1)).toBe('incoming  pass_199999  archived      2  /archive');
  });
});

describe('a terminal', () => {
  const terminal = Object.assign(new TextStream(), { isTTY: true });

  it.each([
    [terminal, {}, true, true],
    [terminal, { TERM: 'xterm', NO_COLOR: '1' }, true, false],
    [terminal, { TERM: 'dumb' }, false, false],
    [new TextStream(), { TERM: 'xterm' }, false, false],
  ])('gets no commands that it cannot follow', (stream, env, commands, colour) => {
    expect([takesCommands(stream, env), hasColour(stream, env)]).toEqual([commands, colour]);
  });

  it('that shows commands as signs has one report of `status --watch` after the other', async () => {
    const { directory: cwd } = await TestProject.create();
    const stdout = Object.assign(new TextStream(), { isTTY: true });
    const running = runCli(['status', '--watch'], { cwd, stdout, env: { TERM: 'dumb' } });
    await until('it was written', () => stdout.text.includes('\n\n'));
    stdout.destroy();
    expect(await running).toMatchObject({ code: 0, stderr: '' });
    expect(stdout.text).not.toContain('\u001B');
  });
});

describe('a text in so many columns', () => {
  it.each([
    ['ascii', 5, 'ascii', 'ascii'],
    ['a longer text', 7, 'a long…', 'a l…ext'],
    ['配信の記録', 10, '配信の記録', '配信の記録'],
    ['配信の記録', 8, '配信の…', '配…記録'],
    ['配信の記録', 7, '配信の…', '配信…録'],
    ['👩‍🚀👩‍🚀👩‍🚀', 5, '👩‍🚀👩‍🚀…', '👩‍🚀…👩‍🚀'],
    ['e\u0301e\u0301e\u0301', 2, 'e\u0301…', '…e\u0301'],
    ['配信', 1, '…', '…'],
  ])('%s in %i is %s, or %s where its end counts', (text, most, end, middle) => {
    expect(cutEnd(text, most)).toBe(end);
    expect(cutMiddle(text, most)).toBe(middle);
  });
});

describe('a history', () => {
  it('shows every step of a group that has taken 200,000', () => {
    const at = Date.UTC(2026, 0, 31);
    const steps = Array.from({ length: 200_000 }, (_, i) => ({
      id: i + 1,
      at: at + i,
      fromState: 'assessing',
      toState: 'waiting',
      event: 'files.settled',
      reason: null,
      revision: 1,
      attempt: 0,
      rulesVersion: 'r',
      machineVersion: 1,
      node: 'host',
      facts: null,
      stayedMs: 1,
      isPresent: false,
      isAfterGap: false,
    }));
    const group = {
      id: 1,
      watchName: 'incoming',
      groupKey: 'pass',
      fileType: null,
      state: 'waiting',
      stateSince: at,
      reason: null,
      revision: 1,
      attempt: 0,
      rulesVersion: 'r',
      dueAt: null,
      completedAt: null,
      archivePath: null,
      createdAt: at,
    };
    const text = historyText({ group, steps, components: [], formerCopies: [] }, at, paint);
    expect(text.match(/files\.settled/g)).toHaveLength(200_000);
  });
});
