import { mkdirSync } from 'node:fs';
import type { DriverName } from '../../src/config/types.ts';
import { drivers, emptyDatabase, uniqueName, whyNot } from '../lib/databases.ts';
import type { Line } from '../lib/figures.ts';
import { definePart, runParts } from '../lib/part.ts';
import { inTurns } from '../lib/peers.ts';
import { measure } from '../lib/process.ts';
import { deliver, expectArchived, makeProject, settled } from '../lib/project.ts';
import { paired, startupApart } from '../lib/stats.ts';

/** The same delivery on each database. */
export const databases = definePart({
  name: 'databases',
  title: '`run --once` on PostgreSQL and MariaDB, alternating with SQLite',
  defaults: { groups: 2000, rounds: 5 },
  async measure({ settings: { groups, rounds }, fresh, say }) {
    const lines: Line[] = [];
    const found: { readonly driver: DriverName; readonly start: number[]; readonly whole: number[] }[] = [];
    for (const driver of drivers) {
      const why = await whyNot(driver);
      if (why === null) found.push({ driver, start: [], whole: [] });
      else lines.push({ skipped: driver, why });
    }
    const run = async (driver: DriverName, delivery: string, count: number) => {
      const directory = fresh(driver);
      const name = driver === 'sqlite' ? `${directory}.db` : uniqueName();
      await using database = await emptyDatabase(driver, name);
      makeProject(directory, { delivery, database: database.config });
      const { seconds } = await measure(directory, 'run', '--once');
      expectArchived(directory, count);
      return seconds;
    };
    for (let round = 0; round < rounds; round += 1) {
      say(`round ${round + 1} of ${rounds}`);
      const [many, one] = [fresh('delivery'), fresh('delivery-of-one')];
      mkdirSync(many);
      mkdirSync(one);
      deliver(many, groups);
      deliver(one, 1);
      await settled();
      await inTurns(
        round,
        many,
        found.flatMap(({ driver, start, whole }) => [
          async () => void start.push(await run(driver, one, 1)),
          async () => void whole.push(await run(driver, many, groups)),
        ]),
      );
    }
    const rates = found.map(({ start, whole }) => startupApart(whole, start).map((seconds) => groups / seconds));
    const measured = found.flatMap(({ driver, start }, i): Line[] => {
      const values = rates[i] ?? [];
      const against = paired(values, rates[0] ?? []);
      return [
        { name: `${driver}: start-up`, unit: 's', values: start },
        { name: `${driver}: start-up apart`, unit: 'groups/s', values },
        ...(i === 0 ? [] : [{ name: `${driver} against sqlite`, unit: '×', values: against, goal: { atLeast: 0.7 } }]),
      ];
    });
    return [...measured, ...lines];
  },
});

if (import.meta.main) await runParts([databases]);
