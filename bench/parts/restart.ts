import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { countGroups } from '../lib/completions.ts';
import { expectCount, syncFileSystem } from '../lib/files.ts';
import { modelDirectory, modelStem, multiply } from '../lib/multiply.ts';
import { definePart, runParts } from '../lib/part.ts';
import { carbonation, program } from '../lib/process.ts';
import { archiveOf, edited, makeProject, sampleJson, sampleText } from '../lib/project.ts';
import { Service } from '../lib/service.ts';

/** The states in which groups rest, by the kind of the group that is repeated. */
const states = {
  waiting: 'waiting',
  overdue: 'timed_out',
  unsound: 'integrity_failed',
  unselected: 'not_selected',
  trying: 'retry_pending',
  failing: 'failed',
  kept: 'archived',
  lost: 'missing',
  left: 'cleared',
} as const;

type Kind = keyof typeof states;
const kinds: readonly Kind[] = [
  'waiting',
  'overdue',
  'unsound',
  'unselected',
  'trying',
  'failing',
  'kept',
  'lost',
  'left',
];

/** A second watch, each of whose files is a group of its own: no other group can fail its integrity check. */
const aloneWatch = '\n[[watch]]\nname = "alone"\npath = "alone"\nrules = "alone"\nrecursive = true\n';
const aloneRules = '\n[alone]\narchive = "my-archive"\n\n[[alone.integrity]]\ntype = "min_size"\nvalue = 1_000_000\n';

function deliveryOf(directory: string, kind: Kind): string {
  return join(directory, kind === 'unsound' ? 'alone' : 'delivery');
}

function deliver(directory: string, kind: Kind, json: string | null): void {
  const path = join(deliveryOf(directory, kind), modelDirectory, modelStem(kind));
  writeFileSync(`${path}.txt`, sampleText(0));
  if (json !== null) writeFileSync(`${path}.json`, json);
}

/** Has the service bring one group of each kind into its state, in its own ways; the configuration is the same afterwards. */
async function makeModels(directory: string): Promise<void> {
  const [config, rules] = ['config.toml', 'rules.toml'].map((name) => join(directory, name)) as [string, string];
  const usual = { config: readFileSync(config, 'utf8'), rules: readFileSync(rules, 'utf8') };
  // First what it takes other settings for: groups that are judged by former rules would be judged again.
  writeFileSync(config, edited(usual.config, /^# max_retries = .*$/m, 'max_retries = 0'));
  const hasty = edited(usual.rules, /^timeout_minutes = .*$/m, 'timeout_minutes = 0.01');
  writeFileSync(rules, edited(hasty, /^on_timeout = .*$/m, 'on_timeout = "skip"'));
  deliver(directory, 'overdue', null);
  deliver(directory, 'failing', '{ this is no JSON');
  deliver(directory, 'kept', sampleJson(0));
  deliver(directory, 'lost', sampleJson(1));
  carbonation(directory, 'run', '--once');
  await wait(1000);
  carbonation(directory, 'run', '--once');
  for (const extension of ['txt', 'json']) rmSync(join(archiveOf(directory), `${modelStem('lost')}.${extension}`));
  // It ends with 1, because files are missing; whether they are on record as such is looked at in the end.
  spawnSync(process.execPath, [program.bin, 'reconcile', 'archive'], { cwd: directory });
  writeFileSync(config, usual.config);
  writeFileSync(rules, usual.rules);
  deliver(directory, 'waiting', null);
  deliver(directory, 'left', null);
  deliver(directory, 'unsound', null);
  deliver(directory, 'trying', '{ this is no JSON');
  deliver(directory, 'unselected', sampleJson(0).replace('"category":"alpha",', ''));
  carbonation(directory, 'run', '--once');
  rmSync(join(directory, 'delivery', modelDirectory, `${modelStem('left')}.txt`));
  carbonation(directory, 'reconcile', 'delivery');
}

function expectStates(directory: string, groupsOf: (kind: Kind) => number): void {
  for (const kind of kinds) expectCount(`groups ${states[kind]}`, countGroups(directory, states[kind]), groupsOf(kind));
}

/**
 * A service that is started again beside many groups in all the states in which groups rest; what they have in delivery is
 * there and unchanged. The rows are those of groups that the service has brought there, repeated.
 */
export const restart = definePart({
  name: 'restart',
  title: 'restart with groups in all states',
  defaults: { groups: 100_000, 'per-directory': 1000, rounds: 3 },
  async measure({ settings: { groups, 'per-directory': perDirectory, rounds }, fresh, say }) {
    const directory = fresh('project');
    makeProject(directory, { config: (toml) => edited(toml, /^# recursive = .*$/m, 'recursive = true') });
    appendFileSync(join(directory, 'config.toml'), aloneWatch);
    appendFileSync(join(directory, 'rules.toml'), aloneRules);
    for (const watched of ['delivery', 'alone'])
      mkdirSync(join(directory, watched, modelDirectory), { recursive: true });
    await makeModels(directory);
    expectStates(directory, () => 1);
    const groupsOf = (kind: Kind): number =>
      Math.floor(groups / kinds.length) + (kind === 'waiting' ? groups % kinds.length : 0);
    const files = await multiply(
      directory,
      kinds.map((kind) => ({ kind, delivery: deliveryOf(directory, kind), groups: groupsOf(kind) - 1, perDirectory })),
    );
    syncFileSystem(directory);
    say(`${files} files in delivery`);
    const ready: number[] = [];
    const resident: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      expectStates(directory, groupsOf);
      await using service = await Service.start(directory);
      ready.push(service.readySeconds);
      resident.push(service.memory.resident);
      await service.stop();
    }
    expectStates(directory, groupsOf);
    return [
      { name: 'start of the service to ready', unit: 's', values: ready, goal: { below: 5 } },
      { name: 'resident when it is ready', unit: 'MB', values: resident },
    ];
  },
});

if (import.meta.main) await runParts([restart]);
