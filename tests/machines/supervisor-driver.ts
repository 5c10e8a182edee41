import { createActor, fromCallback, fromPromise, SimulatedClock, waitFor, type Actor } from 'xstate';
import { supervisorMachine, type RulesAnswer, type SupervisorContext } from '../../machines/supervisor/index.ts';
import { watchMachine, type WatchInput } from '../../machines/watch/index.ts';

type Nothing = Record<string, never>;
type TaskName = 'recover' | 'reconcileDelivery' | 'finishWork' | 'drain' | 'readRules' | 'rejudge';
type BackgroundName = 'scheduleDeadlines' | 'beat' | 'watchRulesFile';

interface Run {
  answer(output: unknown): void;
  fail(error: Error): void;
}

const watches: readonly WatchInput[] = ['w', 'v'].map((name) => ({ name, probeEveryMs: 5000 }));

/** The production chart of the service with fake effects, a clock that the test moves, and what the chart told. */
export class SupervisorDriver {
  readonly clock = new SimulatedClock();
  readonly actor: Actor<typeof supervisorMachine>;
  /** The runs of each effect, in order. */
  readonly runs = new Map<TaskName, Run[]>();
  /** Background effects at work. */
  readonly running: BackgroundName[] = [];
  /** What was announced and reported, in short words, in order. */
  readonly told: string[] = [];
  /** Why delivery directories are not there, if they are not. */
  absent: string | null = null;

  constructor({ once = false }: { readonly once?: boolean }) {
    this.actor = createActor(this.#provide(), {
      clock: this.clock,
      input: { once, watches, reconcileEveryMs: 60_000 },
    });
    this.actor.start();
  }

  get context(): SupervisorContext {
    return this.actor.getSnapshot().context;
  }

  get lifecycle(): string | object {
    return this.actor.getSnapshot().value.lifecycle;
  }

  get rules(): string {
    return this.actor.getSnapshot().value.rules;
  }

  watchStates(): readonly unknown[] {
    return this.context.watchActors.map((actor) => actor.getSnapshot().value);
  }

  /** The effect's last run ends well; resolves when a part of the service is in the state that follows. */
  async finish(name: TaskName, then: string | object, output?: RulesAnswer): Promise<void> {
    this.#last(name).answer(output);
    await this.#reaches(then);
  }

  async fail(name: TaskName, message: string, then: string | object): Promise<void> {
    this.#last(name).fail(new Error(message));
    await this.#reaches(then);
  }

  /** Resolves when this has been told. */
  async tells(word: string): Promise<void> {
    await waitFor(this.actor, () => this.told.includes(word), { timeout: 1000 });
  }

  #last(name: TaskName): Run {
    const run = this.runs.get(name)?.at(-1);
    if (run === undefined) throw new Error(`${name} has not been asked for`);
    return run;
  }

  async #reaches(state: string | object): Promise<void> {
    const wanted = JSON.stringify(state);
    const isThere = () => JSON.stringify(this.lifecycle) === wanted || JSON.stringify(this.rules) === wanted;
    await waitFor(this.actor, isThere, { timeout: 1000 }).catch((error: unknown) => {
      throw new Error(`it is in ${JSON.stringify([this.lifecycle, this.rules])}, expected ${wanted}`, { cause: error });
    });
  }

  #task<Output>(name: TaskName) {
    return fromPromise<Output, Nothing>(() => {
      const { promise, resolve, reject } = Promise.withResolvers<Output>();
      const run: Run = { answer: (output) => resolve(output as Output), fail: reject };
      this.runs.set(name, [...(this.runs.get(name) ?? []), run]);
      return promise;
    });
  }

  #background(name: BackgroundName) {
    return fromCallback<{ type: 'ignored' }, Nothing>(() => {
      this.running.push(name);
      return () => {
        this.running.splice(this.running.indexOf(name), 1);
      };
    });
  }

  #provide(): typeof supervisorMachine {
    const watch = watchMachine.provide({
      actors: {
        probe: fromPromise<void, WatchInput>(() => {
          return this.absent === null ? new Promise(() => undefined) : Promise.reject(new Error(this.absent));
        }),
      },
    });
    return supervisorMachine.provide({
      actors: {
        watch,
        recover: this.#task<void>('recover'),
        reconcileDelivery: this.#task<void>('reconcileDelivery'),
        finishWork: this.#task<void>('finishWork'),
        drain: this.#task<void>('drain'),
        readRules: this.#task<RulesAnswer>('readRules'),
        rejudge: this.#task<void>('rejudge'),
        scheduleDeadlines: this.#background('scheduleDeadlines'),
        beat: this.#background('beat'),
        watchRulesFile: this.#background('watchRulesFile'),
      },
      actions: {
        announceReady: () => this.told.push('ready'),
        applyRules: () => this.told.push('applied'),
        announceReload: () => this.told.push('reload'),
        announceStop: () => this.told.push('stop'),
        reportWatch: (_, { name, health }) => this.told.push(`${name} ${health}`),
        reportRules: (_, answer) =>
          this.told.push(
            `rules ${answer.outcome}${answer.outcome === 'invalid' ? `: ${answer.problems.join(', ')}` : ''}`,
          ),
        reportFailure: (_, { reason }) => this.told.push(`failure: ${reason}`),
      },
    });
  }
}
