import { PassThrough } from 'node:stream';
import { beforeEach, describe, expect, it } from 'vitest';
import { ProgressLine } from '../../src/cli/progress.ts';
import { runCli, type CliResult } from '../support/cli.ts';
import { useTemp } from '../support/temp.ts';

const directory = useTemp();
const cli = (...argv: string[]): Promise<CliResult> => runCli(['reconcile', 'delivery', ...argv], { cwd: directory() });

describe('reconcile delivery', () => {
  beforeEach(async () => {
    await runCli(['init'], { cwd: directory() });
  });

  it.each([
    [
      ['elsewhere'],
      /^error: \S+\/elsewhere is in no watch\n {2}the watches are my-watch \(\S+\/delivery, not recursive\)\n$/,
    ],
    [['--watch', 'my-wotch'], /^error: there is no watch "my-wotch"\n {2}did you mean "my-watch"\?\n$/],
    [['--workers', '0'], /^error: --workers must be a whole number from 1 to 1024, not "0"\n/],
    [['--format', 'csv'], /^error: --format must be text or json, not "csv"\n/],
  ])('%j is wrong usage, and says so before anything is done', async (argv, expected) => {
    const { code, stdout, stderr } = await cli(...argv);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(expected);
  });

  it('needs a database, and says how it is made', async () => {
    expect(await cli()).toMatchObject({ code: 1, stderr: expect.stringContaining('carbonation db init') });
  });
});

describe('the line of progress', () => {
  /** A stream that is a terminal of 20 columns. */
  function terminal() {
    const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 20 });
    return { stream, text: () => String(stream.read() ?? '') };
  }

  it('is written anew in its place, cut to the width, and gives way to other lines', () => {
    const { stream, text } = terminal();
    const progress = new ProgressLine(stream, true);
    progress.show('incoming: 12,345 files, 3 new');
    expect(text()).toBe('\r\u001B[Kincoming: 12,345 f…');
    progress.show('too soon');
    expect(text()).toBe('');
    progress.stream.write('a line of the log\n');
    expect(text()).toBe('\r\u001B[Ka line of the log\n');
    progress.clear();
    expect(text()).toBe('');
  });

  it('is not there where it is not wanted', () => {
    const { stream, text } = terminal();
    const progress = new ProgressLine(stream, false);
    progress.show('incoming: 1 file');
    progress.clear();
    progress.stream.write('a line\n');
    expect(text()).toBe('a line\n');
  });
});
