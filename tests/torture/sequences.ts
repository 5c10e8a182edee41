import { setTimeout as wait } from 'node:timers/promises';
import fc from 'fast-check';
import type { DriverName } from '../../src/config/types.ts';
import type { RunReport } from '../../src/service/index.ts';
import { directories, directoryActions, fileActions, type DirectoryAction, type FileAction } from './delivery-model.ts';
import { LiveService } from './live-service.ts';
import {
  changingActions,
  firstRules,
  modelKinds,
  ModelProject,
  type ChangingAction,
  type ModelKind,
  type ModelRules,
} from './model-project.ts';
import { commands, runCommand, wrongsByCommands, type Command } from './operators.ts';

/** One step of a sequence. */
export type Step =
  | { readonly do: FileAction; readonly name: string }
  | { readonly do: 'directory'; readonly action: DirectoryAction; readonly name: string }
  /** The service is stopped, or killed, and started again. */
  | { readonly do: 'restart' }
  | { readonly do: 'crash' }
  /** The same, with another action in config.toml. */
  | { readonly do: 'configure'; readonly action: ChangingAction }
  /** A disk goes, and comes back. */
  | { readonly do: 'away'; readonly what: 'delivery' | 'archive'; readonly ms: number }
  /** The connections to the database are broken. */
  | { readonly do: 'disturb' }
  /** The rights to it are taken away for a while. */
  | { readonly do: 'forbid'; readonly what: (typeof forbidden)[number]; readonly ms: number }
  | { readonly do: 'rules'; readonly rules: ModelRules }
  /** rules.toml cannot be read for a while. */
  | { readonly do: 'break rules'; readonly ms: number }
  /** The copy of the file of this name, if there is one, is removed from the archive, or damaged; then its deliverer may help. */
  | { readonly do: 'lose'; readonly name: string; readonly how: 'remove' | 'damage'; readonly next: FileAction | null }
  /** A command beside the service, which may be killed. */
  | { readonly do: 'command'; readonly command: Command; readonly killedAfterMs: number | null }
  | { readonly do: 'jump'; readonly ms: number }
  /** Nothing is delivered until everything has come to rest; then all must be as the model says. */
  | { readonly do: 'rest' }
  /** The same, but nobody has anything reconciled. */
  | { readonly do: 'calm' };

/** What happens, and to what kind of project. */
export interface Sequence {
  readonly kind: ModelKind;
  readonly steps: readonly Step[];
}

const names = ['a', 'b', 'c', 'd/a', 'e/b', 'd/f/c'].flatMap((stem) => [`${stem}.txt`, `${stem}.json`]);
const forbidden = ['delivery', 'archive', 'kept', 'delivery/d', 'delivery/a.txt', 'delivery/d/a.json'] as const;
const hourMs = 3_600_000;

const action = fc.record({ do: fc.constantFrom(...fileActions), name: fc.constantFrom(...names) });
/** Without these, few groups would ever be complete. */
const delivery = fc.record({
  do: fc.constantFrom('create' as const, 'rename in' as const),
  name: fc.constantFrom(...names),
});

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 10, arbitrary: action },
  { weight: 8, arbitrary: delivery },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('directory' as const),
      action: fc.constantFrom(...directoryActions),
      name: fc.constantFrom(...directories),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ do: 'rest' } as const) },
  { weight: 3, arbitrary: fc.constant({ do: 'calm' } as const) },
  { weight: 1, arbitrary: fc.constantFrom({ do: 'restart' } as const, { do: 'crash' } as const) },
  { weight: 1, arbitrary: fc.constant({ do: 'disturb' } as const) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('away' as const),
      what: fc.constantFrom('delivery' as const, 'archive' as const),
      ms: fc.constantFrom(1, 100, 1000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('forbid' as const),
      what: fc.constantFrom(...forbidden),
      ms: fc.constantFrom(1, 100, 1000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('rules' as const),
      rules: fc.record({ refusesB: fc.boolean(), isElsewhere: fc.boolean(), isAcross: fc.boolean() }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('break rules' as const), ms: fc.constantFrom(1, 600) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('configure' as const), action: fc.constantFrom(...changingActions) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('lose' as const),
      name: fc.constantFrom(...names),
      how: fc.constantFrom('remove' as const, 'damage' as const),
      next: fc.constantFrom('touch' as const, 'deliver again' as const, null),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('command' as const),
      command: fc.constantFrom(...commands),
      killedAfterMs: fc.constantFrom(null, null, 300, 450, 600),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('jump' as const), ms: fc.constantFrom(-hourMs, 1000, 25 * hourMs) }),
  },
);

/** Sequences of so many steps at most, on databases of these drivers. */
export function sequences(longest: number, drivers: readonly DriverName[]): fc.Arbitrary<Sequence> {
  return fc.record({
    kind: fc.constantFrom(...modelKinds(drivers)),
    steps: fc.array(step, { minLength: Math.ceil(longest / 2), maxLength: longest }),
  });
}

/** Carries out a sequence; what is wrong when it is over, or when it came to rest. */
export async function carryOut({ kind, steps }: Sequence): Promise<readonly string[]> {
  const project = await ModelProject.create(kind);
  const service = new LiveService(project);
  const player = new Player(project, service);
  try {
    await service.start();
    for (const [i, step] of [...steps, { do: 'rest' } as const].entries()) {
      const problems = await player.play(step);
      if (problems.length > 0)
        return [...problems.map((problem) => `step ${i}: ${problem}`), ...service.lines.slice(-30)];
    }
    await service.end('SIGTERM');
    return await wrongsByCommands(project);
  } finally {
    await service.end('SIGKILL');
    await project.remove();
  }
}

/** Takes the steps of a sequence. */
class Player {
  readonly #project: ModelProject;
  readonly #service: LiveService;
  #rules = firstRules;
  /** Nothing has been done since the last rest that only reconciling may notice. */
  #isCalm = true;

  constructor(project: ModelProject, service: LiveService) {
    this.#project = project;
    this.#service = service;
  }

  /** What is wrong, where the step is one to rest. */
  async play(step: Step): Promise<readonly string[]> {
    const { model } = this.#project;
    if (['jump', 'away', 'forbid', 'disturb', 'lose'].includes(step.do)) this.#isCalm = false;
    if (step.do === 'rest') {
      this.#isCalm = true;
      return wrongsOnceAtRest(this.#project);
    } else if (step.do === 'calm') return this.#isCalm ? wrongsOnceCalm(this.#project) : [];
    else if (step.do === 'jump') this.#service.jump(step.ms);
    else if (step.do === 'rules') await this.#setRules(step.rules);
    else if (step.do === 'break rules') await this.#project.breakRules(this.#rules, step.ms);
    else if (step.do === 'away') await this.#project.takeAway(step.what, step.ms);
    else if (step.do === 'forbid') await this.#project.forbid(step.what, step.ms);
    else if (step.do === 'lose') await this.#lose(step);
    else if (step.do === 'command') await runCommand(this.#project, step.command, step.killedAfterMs);
    else if (step.do === 'directory') model.actOnDirectory(step.action, step.name);
    else if (step.do === 'disturb') await this.#project.disturbDatabase();
    else if (step.do === 'restart' || step.do === 'crash' || step.do === 'configure') {
      if (step.do === 'configure' && !this.#project.isChanging) return [];
      await this.#service.end(step.do === 'crash' ? 'SIGKILL' : 'SIGTERM');
      if (step.do === 'configure') this.#project.configure(step.action);
      await this.#service.start();
    } else model.act(step.do, step.name);
    return [];
  }

  async #setRules(rules: ModelRules): Promise<void> {
    const { model } = this.#project;
    const old = this.#rules;
    if (JSON.stringify(old) === JSON.stringify(rules)) return;
    this.#rules = rules;
    // Before the files are seen to change: from now on either may be in force.
    if (!rules.refusesB) model.refuse(() => false);
    await this.#service.reload(() => this.#project.setRules(rules));
    if (rules.refusesB) model.refuse((stem) => stem.startsWith('b'));
    if (rules.isAcross !== old.isAcross) model.regroup();
  }

  async #lose({ name, how, next }: Extract<Step, { do: 'lose' }>): Promise<void> {
    const { model } = this.#project;
    const rows = await this.#project.rows();
    const row = rows.find(({ source_path, in_archive }) => in_archive && source_path.endsWith(`/delivery/${name}`));
    if (row === undefined) return;
    model.loseCopy(row, how);
    if (next !== null) model.act(next, name);
  }
}

/** How long a file that was disturbed while it was archived may take until it has settled anew. */
const patienceMs = 15_000;

/** Has the running service do all there is to do; what is wrong then, and stays wrong. */
export async function wrongsOnceAtRest(project: ModelProject): Promise<readonly string[]> {
  project.model.demand();
  const report = await project.runOnce();
  if (report.failure !== null) return [report.failure];
  // Nobody else looks whether copies are still there.
  if (project.model.hasLost) await runCommand(project, 'reconcile archive --verify --restart', null);
  const problems = await wrongsThatStay(project);
  // What the run itself says of groups that it could not archive.
  return problems.length === 0 ? problems : [...problems, ...unfinished(report)];
}

/** What is wrong, and stays so, with what the service does by itself. */
async function wrongsOnceCalm(project: ModelProject): Promise<readonly string[]> {
  project.model.demand();
  return (await wrongsThatStay(project)).map((problem) => `without reconciling: ${problem}`);
}

async function wrongsThatStay(project: ModelProject): Promise<readonly string[]> {
  const end = performance.now() + patienceMs;
  for (;;) {
    const problems = await project.model.wrongsAtRest();
    if (problems.length === 0 || performance.now() > end) return problems;
    await wait(20);
  }
}

/** The groups that a run has left in another state than archived, each with the reason. */
function unfinished({ groups }: RunReport): readonly string[] {
  return groups
    .filter(({ state }) => state !== 'archived')
    .map(({ groupKey, state, reason }) => `${groupKey} is ${state}: ${reason}`);
}
