import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { setTimeout as wait } from 'node:timers/promises';
import fc from 'fast-check';
import type { DriverName } from '../../src/config/types.ts';
import type { RunReport } from '../../src/service/index.ts';
import { directories, directoryActions, fileActions, type DirectoryAction, type FileAction } from './delivery-model.ts';
import { modelKinds, ModelProject, type ModelKind } from './model-project.ts';

/** One step of a sequence. */
export type Step =
  | { readonly do: FileAction; readonly name: string }
  | { readonly do: 'directory'; readonly action: DirectoryAction; readonly name: string }
  /** The service is stopped, or killed, and started again. */
  | { readonly do: 'restart' }
  | { readonly do: 'crash' }
  /** A disk goes, and comes back. */
  | { readonly do: 'away'; readonly what: 'delivery' | 'archive'; readonly ms: number }
  /** The connections to the database are broken. */
  | { readonly do: 'disturb' }
  | { readonly do: 'rules'; readonly refusesB: boolean }
  | { readonly do: 'jump'; readonly ms: number }
  /** Nothing is delivered until everything has come to rest; then all must be as the model says. */
  | { readonly do: 'rest' };

/** What happens, and to what kind of project. */
export interface Sequence {
  readonly kind: ModelKind;
  readonly steps: readonly Step[];
}

const names = ['a', 'b', 'c', 'd/a', 'e/b', 'd/f/c'].flatMap((stem) => [`${stem}.txt`, `${stem}.json`]);
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
  { weight: 3, arbitrary: fc.constant({ do: 'rest' } as const) },
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
  { weight: 1, arbitrary: fc.record({ do: fc.constant('rules' as const), refusesB: fc.boolean() }) },
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

const script = fileURLToPath(new URL('live-run.ts', import.meta.url));

/** The service of a project in a process of its own. */
class LiveService {
  readonly #project: ModelProject;
  #child: ChildProcess | null = null;
  readonly lines: string[] = [];

  constructor(project: ModelProject) {
    this.#project = project;
  }

  async start(): Promise<void> {
    const child = fork(script, [this.#project.directory], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    this.#child = child;
    const from = this.lines.length;
    child.on('message', (line) => {
      if (typeof line === 'string') this.lines.push(line);
    });
    await this.#until('the service is ready', () => this.#said('SUCCESS ready', from));
  }

  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }

  jump(jumpMs: number): void {
    this.#child?.send({ jumpMs });
  }

  /** Resolves when the service has taken up other rules. */
  async reload(write: () => void): Promise<void> {
    const from = this.lines.length;
    write();
    await this.#until('the new rules are in force', () => this.#said('SUCCESS new rules are in force', from));
  }

  #said(beginning: string, from: number): boolean {
    return this.lines.slice(from).some((line) => line.startsWith(beginning));
  }

  async #until(what: string, holds: () => boolean): Promise<void> {
    const end = performance.now() + 120_000;
    while (!holds()) {
      if (this.#child !== null && this.#child.exitCode !== null) throw new Error(`the service has ended, not: ${what}`);
      if (performance.now() > end) throw new Error(`still not true: ${what}\n${this.lines.slice(-20).join('\n')}`);
      await wait(5);
    }
  }
}

/** Carries out a sequence; what is wrong when it is over, or when it came to rest. */
export async function carryOut({ kind, steps }: Sequence): Promise<readonly string[]> {
  const project = await ModelProject.create(kind);
  const service = new LiveService(project);
  let refusesB = false;
  try {
    await service.start();
    for (const [i, step] of [...steps, { do: 'rest' } as const].entries()) {
      if (step.do === 'rest') {
        const problems = await wrongsOnceAtRest(project);
        if (problems.length > 0)
          return [...problems.map((problem) => `step ${i}: ${problem}`), ...service.lines.slice(-30)];
      } else if (step.do === 'jump') service.jump(step.ms);
      else if (step.do === 'rules') {
        // Before the files are seen to change: from now on either may be in force.
        if (step.refusesB === refusesB) continue;
        refusesB = step.refusesB;
        if (!refusesB) project.model.refuse(() => false);
        await service.reload(() => project.setRules(refusesB));
        if (refusesB) project.model.refuse((stem) => stem.startsWith('b'));
      } else if (step.do === 'away') await project.takeAway(step.what, step.ms);
      else if (step.do === 'directory') project.model.actOnDirectory(step.action, step.name);
      else if (step.do === 'disturb') await project.disturbDatabase();
      else if (step.do === 'restart' || step.do === 'crash') {
        await service.end(step.do === 'restart' ? 'SIGTERM' : 'SIGKILL');
        await service.start();
      } else project.model.act(step.do, step.name);
    }
    return [];
  } finally {
    await service.end('SIGKILL');
    await project.remove();
  }
}

/** How long a file that was disturbed while it was archived may take until it has settled anew. */
const patienceMs = 15_000;

/** Has the running service do all there is to do; what is wrong then, and stays wrong. */
export async function wrongsOnceAtRest(project: ModelProject): Promise<readonly string[]> {
  project.model.demand();
  const report = await project.runOnce();
  if (report.failure !== null) return [report.failure];
  const end = performance.now() + patienceMs;
  for (;;) {
    const problems = await project.model.wrongsAtRest();
    if (problems.length === 0) return problems;
    // What the run itself says of groups that it could not archive.
    if (performance.now() > end) return [...problems, ...unfinished(report)];
    await wait(20);
  }
}

/** The groups that a run has left in another state than archived, each with the reason. */
function unfinished({ groups }: RunReport): readonly string[] {
  return groups
    .filter(({ state }) => state !== 'archived')
    .map(({ groupKey, state, reason }) => `${groupKey} is ${state}: ${reason}`);
}
