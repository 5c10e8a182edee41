import { mkdirSync } from 'node:fs';
import type { Figure, Line } from '../lib/figures.ts';
import { countFiles, expectCount } from '../lib/files.ts';
import { findOriginal } from '../lib/original.ts';
import { definePart, runParts } from '../lib/part.ts';
import { copySeconds, inTurns, isInstalled } from '../lib/peers.ts';
import { measure, type Measured } from '../lib/process.ts';
import { deliver, expectArchived, makeProject, settled } from '../lib/project.ts';
import { paired, startupApart } from '../lib/stats.ts';

/** Whole runs, a value a round. */
class Runs {
  readonly seconds: number[] = [];
  readonly peaks: number[] = [];

  add({ seconds, peak }: Measured): void {
    this.seconds.push(seconds);
    this.peaks.push(peak);
  }

  /** Without what a run of a single group takes in the same round. */
  without(startup: Runs): number[] {
    return startupApart(this.seconds, startup.seconds);
  }
}

/** `run --once` of one delivery, beside the original in Python, `cp -a` and `rsync`. */
export const delivery = definePart({
  name: 'delivery',
  title: '`run --once` of groups of two files, beside the original in Python, cp and rsync',
  defaults: { groups: 2000, rounds: 5 },
  async measure({ settings: { groups, rounds }, fresh, say }) {
    const original = findOriginal();
    const hasRsync = isInstalled('rsync');
    const [start, durable, plain] = [new Runs(), new Runs(), new Runs()];
    const [originalStart, originalWhole] = [new Runs(), new Runs()];
    const copy: number[] = [];
    const rsync: number[] = [];

    for (let round = 0; round < rounds; round += 1) {
      say(`round ${round + 1} of ${rounds}`);
      const [many, one] = [fresh('delivery'), fresh('delivery-of-one')];
      mkdirSync(many);
      mkdirSync(one);
      deliver(many, groups);
      deliver(one, 1);
      const ours = async (runs: Runs, from: string, count: number, isDurable: boolean) => {
        const directory = fresh('project');
        makeProject(directory, { delivery: from, durable: isDurable });
        runs.add(await measure(directory, 'run', '--once'));
        expectArchived(directory, count);
      };
      const theirs = async (runs: Runs, from: string, count: number) => {
        if ('why' in original) return;
        const directory = fresh('original');
        original.make(directory, from);
        runs.add(await original.once(directory));
        expectCount('files archived by the original', countFiles(`${directory}/archive`), count * 2);
      };
      await settled();
      await inTurns(round, many, [
        async () => void copy.push(await copySeconds('cp -a', many, fresh('copy'))),
        async () => {
          if (hasRsync) rsync.push(await copySeconds('rsync -a --checksum', many, fresh('rsync')));
        },
        () => ours(start, one, 1, true),
        () => ours(durable, many, groups, true),
        () => ours(plain, many, groups, false),
        () => theirs(originalStart, one, 1),
        () => theirs(originalWhole, many, groups),
      ]);
    }

    const net = durable.without(start);
    const plainNet = plain.without(start);
    const seconds = (name: string, values: readonly number[]): Figure => ({ name, unit: 's', values });
    const perSecond = (values: readonly number[]) => values.map((value) => groups / value);
    const lines: Line[] = [
      seconds('cp -a, sync -f', copy),
      hasRsync
        ? seconds('rsync -a --checksum, sync -f', rsync)
        : { skipped: 'rsync -a --checksum', why: 'rsync is not installed' },
      seconds('run --once of one group: start-up', start.seconds),
      seconds('run --once', durable.seconds),
      { name: '  start-up apart', unit: 'groups/s', values: perSecond(net) },
      { name: '  start-up apart, time against cp -a', unit: '×', values: paired(net, copy), goal: { atMost: 3 } },
      { name: '  with start-up, time against cp -a', unit: '×', values: paired(durable.seconds, copy) },
      { name: '  peak resident', unit: 'MB', values: durable.peaks },
      seconds('run --once, durable = false', plain.seconds),
      { name: '  start-up apart', unit: 'groups/s', values: perSecond(plainNet), goal: { atLeast: 2500 } },
      { name: '  start-up apart, time against cp -a', unit: '×', values: paired(plainNet, copy), goal: { atMost: 3 } },
    ];
    if (hasRsync) {
      const values = paired(net, rsync);
      lines.splice(7, 0, { name: '  start-up apart, time against rsync', unit: '×', values });
    }
    if ('why' in original) {
      say(`!!! NO COMPARISON WITH THE ORIGINAL: ${original.why}`);
      return [...lines, { skipped: 'the original in Python', why: original.why }];
    }
    const apart = paired(originalWhole.without(originalStart), net);
    const whole = paired(originalWhole.seconds, durable.seconds);
    return [
      ...lines,
      seconds(`the original ${original.version} of one group: start-up`, originalStart.seconds),
      seconds(`the original ${original.version}`, originalWhole.seconds),
      { name: '  peak resident', unit: 'MB', values: originalWhole.peaks },
      { name: 'as fast as the original, start-up apart', unit: '×', values: apart, goal: { atLeast: 30 } },
      { name: 'as fast as the original, with start-up', unit: '×', values: whole, goal: { atLeast: 22 } },
    ];
  },
});

if (import.meta.main) await runParts([delivery]);
