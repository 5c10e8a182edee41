import { createActor, fromPromise, waitFor, type Actor, type Snapshot } from 'xstate';
import {
  fileGroupMachine,
  type Adoption,
  type Assessment,
  type Component,
  type DecisionInput,
  type Extraction,
  type Failure,
  type GroupContext,
  type GroupEvent,
  type GroupState,
  type GroupSubject,
  type SourceRemoval,
  type Transfer,
  type TransferInput,
  type Verdicts,
} from '../../machines/file-group/index.ts';
import {
  adoptionOf,
  assessmentOf,
  destination,
  inputOf,
  pathOf,
  transferOf,
  type AssessmentOptions,
  type GroupOptions,
  type TransferOptions,
} from './group-words.ts';

/** One run of an effect, which the test ends. */
interface Run<Input, Output> {
  readonly input: Input;
  readonly answer: (output: Output) => void;
  readonly fail: (error: unknown) => void;
}

/** A fake effect: it keeps what it was asked and answers when the test says so. */
class FakeEffect<Input, Output> {
  readonly runs: Run<Input, Output>[] = [];
  readonly logic = fromPromise<Output, Input>(({ input }) => {
    const { promise, resolve, reject } = Promise.withResolvers<Output>();
    this.runs.push({ input, answer: resolve, fail: reject });
    return promise;
  });

  /** The run that was begun last. */
  get last(): Run<Input, Output> {
    const run = this.runs.at(-1);
    if (run === undefined) throw new Error('the effect has not been asked for');
    return run;
  }
}

/** The production chart of one group with fake effects, and the test's hands on both. */
export class GroupDriver {
  readonly assess = new FakeEffect<GroupSubject, Assessment>();
  readonly extract = new FakeEffect<GroupSubject, Extraction>();
  readonly decide = new FakeEffect<DecisionInput, Verdicts>();
  readonly transfer = new FakeEffect<TransferInput, Transfer>();
  readonly remove = new FakeEffect<GroupSubject, SourceRemoval>();
  readonly adopt = new FakeEffect<GroupSubject, Adoption>();
  readonly actor: Actor<typeof fileGroupMachine>;
  /** What the actor failed with; a healthy chart never does. */
  readonly defects: unknown[] = [];

  private constructor(start: { readonly options: GroupOptions } | { readonly snapshot: unknown }) {
    const machine = fileGroupMachine.provide({
      actors: {
        assessComponents: this.assess.logic,
        extractMetadata: this.extract.logic,
        decide: this.decide.logic,
        transferComponents: this.transfer.logic,
        removeSources: this.remove.logic,
        adoptComponents: this.adopt.logic,
      },
    });
    this.actor =
      'options' in start
        ? createActor(machine, { input: inputOf(start.options) })
        : createActor(machine, { input: inputOf({}), snapshot: start.snapshot as Snapshot<unknown> });
    this.actor.subscribe({ error: (error) => this.defects.push(error) });
    this.actor.start();
  }

  /** A new group, by default of `a.dat` alone, seen at 1,000. */
  static start(options: GroupOptions = {}): GroupDriver {
    return new GroupDriver({ options });
  }

  /** A group as it comes back from a store. */
  static restore(snapshot: unknown): GroupDriver {
    return new GroupDriver({ snapshot });
  }

  get state(): GroupState {
    return this.actor.getSnapshot().value;
  }

  get context(): GroupContext {
    return this.actor.getSnapshot().context;
  }

  component(name: string): Component {
    const found = this.context.components[pathOf(name)];
    if (found === undefined) throw new Error(`no component ${name}`);
    return found;
  }

  send(event: GroupEvent): GroupState {
    this.actor.send(event);
    return this.state;
  }

  /** The persisted snapshot, as a store gives it back. */
  persisted(): unknown {
    return JSON.parse(JSON.stringify(this.actor.getPersistedSnapshot()));
  }

  /** Resolves in this state; an effect's answer takes some turns to get there. */
  async reaches(state: GroupState): Promise<void> {
    await waitFor(this.actor, (snapshot) => snapshot.value === state, { timeout: 1000 }).catch((error: unknown) => {
      throw new Error(`the group is in ${this.state}, expected ${state}`, { cause: error });
    });
  }

  /** The assessment under way answers; by default every component has passed and the group is complete. */
  async assessed(state: GroupState, options: AssessmentOptions = {}): Promise<void> {
    const run = this.assess.last;
    run.answer(assessmentOf(run.input, { policy: this.context.policy, ...options }));
    await this.reaches(state);
  }

  async extracted(state: GroupState, metadata: Extraction['metadata'] = { orbit: 7 }): Promise<void> {
    this.extract.last.answer({ at: 3000, metadata });
    await this.reaches(state);
  }

  async decided(state: GroupState, verdicts?: Verdicts): Promise<void> {
    this.decide.last.answer(verdicts ?? { at: 4000, outcome: 'selected', destination, reason: null });
    await this.reaches(state);
  }

  /** The transfer under way answers; by default every component is archived. */
  async transferred(state: GroupState, options: TransferOptions = {}): Promise<void> {
    const run = this.transfer.last;
    run.answer(transferOf(run.input, options));
    await this.reaches(state);
  }

  async removed(state: GroupState, names: readonly string[]): Promise<void> {
    this.remove.last.answer({ at: 6000, removed: names.map(pathOf) });
    await this.reaches(state);
  }

  /** The adoption under way answers; by default the archive holds everything that is expected. */
  async adopted(state: GroupState, changed: Partial<Adoption> = {}): Promise<void> {
    this.adopt.last.answer(adoptionOf(changed));
    await this.reaches(state);
  }

  /** The effect under way fails. */
  async fails(state: GroupState, failure: Failure): Promise<void> {
    const effects: Readonly<Partial<Record<GroupState, { readonly last: { fail(error: unknown): void } }>>> = {
      assessing: this.assess,
      extracting: this.extract,
      deciding: this.decide,
      transferring: this.transfer,
      removingSources: this.remove,
      adopting: this.adopt,
    };
    const effect = effects[this.state];
    if (effect === undefined) throw new Error(`nothing runs in ${this.state}`);
    effect.last.fail(failure);
    await this.reaches(state);
  }

  /** Walks a new group on to its transfer. */
  async toTransfer(): Promise<this> {
    await this.assessed('deciding');
    await this.decided('transferring');
    return this;
  }

  /** Walks a new group on into the archive. */
  async toArchive(): Promise<this> {
    await this.toTransfer();
    await this.transferred('archived');
    return this;
  }
}
