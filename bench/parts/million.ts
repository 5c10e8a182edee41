import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Completions, countGroups, settleMsOf } from '../lib/completions.ts';
import { expectCount, syncFileSystem } from '../lib/files.ts';
import { modelDirectory, modelStem, multiply, repeatedKey } from '../lib/multiply.ts';
import { definePart, runParts } from '../lib/part.ts';
import { carbonation, secondsOf } from '../lib/process.ts';
import { edited, expectArchived, makeProject, sampleJson, sampleText } from '../lib/project.ts';
import { Service, until } from '../lib/service.ts';

/** Completes a waiting group by its other file; how long it took from then and the settle time on until it was seen archived. */
async function complete(completions: Completions, delivery: string, key: string, settleMs: number): Promise<number> {
  const path = join(delivery, `${key}.json`);
  writeFileSync(path, sampleJson(0));
  const restAt = statSync(path).ctimeMs + settleMs;
  const end = await until(`${key} is archived`, async () => {
    await completions.look();
    return completions.byKey.get(key);
  });
  return end.seenAt - restAt;
}

/**
 * A service beside very many groups that wait: each has one of its two files, which is there, as long as on record, and
 * unchanged. The rows are those of a group that the service has recorded, repeated.
 */
export const million = definePart({
  name: 'million',
  title: 'many groups that wait for their second file',
  defaults: { groups: 1_000_000, 'per-directory': 1000, completed: 20 },
  async measure({ settings: { groups, 'per-directory': perDirectory, completed }, fresh, say }) {
    const directory = fresh('project');
    const delivery = join(directory, 'delivery');
    makeProject(directory, { config: (toml) => edited(toml, /^# recursive = .*$/m, 'recursive = true') });
    mkdirSync(join(delivery, modelDirectory));
    writeFileSync(join(delivery, modelDirectory, `${modelStem('waiting')}.txt`), sampleText(0));
    carbonation(directory, 'run', '--once');
    const fillSeconds = await secondsOf(async () => {
      const files = await multiply(directory, [{ kind: 'waiting', delivery, groups: groups - 1, perDirectory }]);
      expectCount('files made', files, groups - 1);
      syncFileSystem(directory);
    });
    expectCount('groups that wait', countGroups(directory, 'waiting'), groups);
    say(`filled in ${fillSeconds.toFixed(0)} s`);
    await using service = await Service.start(directory, { timeoutMs: 1_200_000 });
    const atReady = service.memory;
    await using completions = await Completions.open(directory);
    const latencies: number[] = [];
    for (let i = 0; i < completed; i += 1) {
      const key = repeatedKey('waiting', Math.floor(((groups - 1) * i) / completed), perDirectory);
      latencies.push(await complete(completions, delivery, key, settleMsOf(directory)));
    }
    const atEnd = service.memory;
    await service.stop();
    expectCount('groups that wait at the end', countGroups(directory, 'waiting'), groups - completed);
    expectArchived(directory, completed);
    return [
      { name: 'start of the service to ready', unit: 's', values: [service.readySeconds], goal: { below: 20 } },
      { name: 'resident when it is ready', unit: 'MB', values: [atReady.resident], goal: { below: 300 } },
      { name: 'resident at the end', unit: 'MB', values: [atEnd.resident], goal: { below: 300 } },
      { name: 'peak resident', unit: 'MB', values: [atEnd.peak] },
      { name: 'one completed: at rest → committed', unit: 'ms', values: latencies, digits: 1, goal: { below: 50 } },
    ];
  },
});

if (import.meta.main) await runParts([million]);
