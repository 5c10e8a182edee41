import { describe, expect, it } from 'vitest';
import { WatchReports } from '../../src/service/watch-reports.ts';
import { collectLog } from '../support/log.ts';

/** Reports of one watch, and whom they concern. */
function bench() {
  const log = collectLog();
  const told: string[] = [];
  const reports = new WatchReports(log, ['w'], {
    onNews: () => undefined,
    onReopened: (name) => told.push(`${name} is read`),
    onHealth: (name, health, reason) => told.push(`${name} is ${health}: ${reason}`),
  });
  return { log, told, reports };
}

describe('what is told of a watch', () => {
  it('is that its files do not answer, and that they do again', () => {
    const { log, told, reports } = bench();
    reports.note('w', 'watching', null);
    reports.noteSilence('w', '/a does not answer');
    reports.noteSilence('w', null);
    expect(told).toEqual(['w is found: null', 'w is lost: /a does not answer', 'w is found: null']);
    expect(log.lines).toEqual([
      'INFO watching {"watch":"w"}',
      'ERROR files of the watch do not answer; they are waited for {"watch":"w","reason":"/a does not answer"}',
      'SUCCESS all files of the watch have answered {"watch":"w"}',
    ]);
  });

  it('is not that it is back before its directory is', () => {
    const { told, reports } = bench();
    reports.note('w', 'watching', null);
    reports.noteSilence('w', '/a does not answer');
    reports.note('w', 'lost', 'its root does not answer');
    reports.noteSilence('w', null);
    expect(told.at(-1)).toBe('w is lost: its root does not answer');
    reports.note('w', 'watching', null);
    expect(told.slice(-2)).toEqual(['w is read', 'w is found: null']);
  });
});
