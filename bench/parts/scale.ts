import { mkdirSync } from 'node:fs';
import { definePart, runParts } from '../lib/part.ts';
import { copySeconds, inTurns, rotated } from '../lib/peers.ts';
import { measure } from '../lib/process.ts';
import { deliver, expectArchived, makeProject, settled } from '../lib/project.ts';
import { paired, startupApart } from '../lib/stats.ts';

/** What was measured of deliveries of one size, a value a round. */
interface Size {
  readonly groups: number;
  readonly copy: number[];
  readonly seconds: number[];
  readonly peak: number[];
}

/** Whether throughput holds and memory stays as deliveries grow. */
export const scale = definePart({
  name: 'scale',
  title: '`run --once` of larger and larger deliveries, alternating',
  defaults: { small: 2000, groups: 20_000, most: 100_000, rounds: 3 },
  async measure({ settings: { small, groups, most, rounds }, fresh, say }) {
    const sizes = [1, small, groups, most].map((size): Size => ({ groups: size, copy: [], seconds: [], peak: [] }));
    const runOf = async ({ groups: count, copy, seconds, peak }: Size, round: number) => {
      say(`${count} groups`);
      const delivery = fresh('delivery');
      mkdirSync(delivery);
      deliver(delivery, count);
      const directory = fresh('project');
      makeProject(directory, { delivery });
      await settled();
      await inTurns(round, delivery, [
        async () => void copy.push(await copySeconds('cp -a', delivery, fresh('copy'))),
        async () => {
          const measured = await measure(directory, 'run', '--once');
          expectArchived(directory, count);
          seconds.push(measured.seconds);
          peak.push(measured.peak);
        },
      ]);
    };
    for (let round = 0; round < rounds; round += 1) {
      say(`round ${round + 1} of ${rounds}`);
      for (const size of rotated(sizes, round)) await runOf(size, round);
    }

    const [start, ...measured] = sizes;
    const net = (size: Size) => startupApart(size.seconds, start?.seconds ?? []);
    const rates = measured.map((size) => net(size).map((seconds) => size.groups / seconds));
    return measured.flatMap((size, i) => {
      const isLargest = i === measured.length - 1;
      const named = (what: string) => `${size.groups} groups: ${what}`;
      return [
        { name: named('start-up apart'), unit: 'groups/s', values: rates[i] ?? [] },
        { name: named('time against cp -a'), unit: '×', values: paired(net(size), size.copy) },
        { name: named('peak resident'), unit: 'MB', values: size.peak, ...(isLargest ? { goal: { below: 450 } } : {}) },
        ...(i === 0
          ? []
          : [
              {
                name: named(`groups/s against ${small} groups`),
                unit: '×',
                values: paired(rates[i] ?? [], rates[0] ?? []),
                ...(isLargest ? { goal: { atLeast: 0.9 } } : {}),
              },
            ]),
      ];
    });
  },
});

if (import.meta.main) await runParts([scale]);
