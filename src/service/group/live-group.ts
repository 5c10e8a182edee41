import { createActor, type Actor, type EventObject } from 'xstate';
import {
  eventName,
  factsOf,
  isResting,
  storedState,
  type Effects,
  type GroupContext,
  type GroupEvent,
  type GroupInput,
  type GroupState,
} from '../../../machines/file-group/index.ts';
import type { Clock } from '../../core/index.ts';
import { CarbonationError, messageOf } from '../../errors/index.ts';
import type { FormerCopyWrite, GroupWrite, GroupWritten, TransitionWrite } from '../../store/index.ts';
import { GroupLogic, type GroupSnapshot } from './logic.ts';
import { groupWrite, recordedReason, replacedCopies, writtenComponents, type WrittenComponent } from './rows.ts';
import type { Step } from '../serve.ts';

/** What a live group tells. */
export interface LiveGroupHooks {
  readonly clock: Clock;
  /** Name of this host: transitions are recorded with it. */
  readonly node: string;
  /** It has something to write. */
  readonly onChange: (group: LiveGroup) => void;
  /** It has entered a state; that it has come to rest is told once that is on record. */
  readonly onEnter: (entered: Entered, from: GroupState | null) => void;
  /** Its actor failed: a defect, or a snapshot that cannot be restored. */
  readonly onDefect: (group: LiveGroup, message: string) => void;
  /** The component whose archive path is the group's. */
  readonly primaryOf: (context: GroupContext) => string | null;
}

/** Where a live group comes from: its first files, or a snapshot, which has a row unless the group begins with nothing. */
export interface LiveGroupOrigin {
  readonly key: string;
  readonly keyHash: string;
  readonly fileType: string | null;
  readonly row: { readonly id: number; readonly lockVersion: number } | null;
  readonly start:
    | { readonly kind: 'new'; readonly input: GroupInput }
    | {
        readonly kind: 'restored';
        readonly state: GroupState;
        readonly stateSince: number;
        readonly context: GroupContext;
      };
}

/** A state that a group has entered, as it was then. */
export interface Entered {
  readonly key: string;
  readonly state: GroupState;
  readonly context: GroupContext;
  readonly lastStep: Step;
}

/** Where a group has come to rest, and since when. */
interface Rest {
  readonly state: GroupState;
  readonly since: number;
  readonly context: GroupContext;
}

/** States to which being looked at again leads back, at each start for some, if nothing has changed: a group then rests on. */
const looksAgain: ReadonlySet<GroupState> = new Set(['waiting', 'timedOut', 'integrityFailed', 'notSelected']);

function restsOn(former: Rest | null, state: GroupState, { reason, revision }: GroupContext): former is Rest {
  return (
    former?.state === state &&
    looksAgain.has(state) &&
    former.context.reason === reason &&
    former.context.revision === revision
  );
}

interface Waiter {
  readonly upTo: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * A group in memory: its actor, and what of its life is not written yet. It
 * notes each transition; the writer collects them, many groups at a time.
 */
export class LiveGroup {
  readonly key: string;
  readonly keyHash: string;
  readonly #fileType: string | null;
  readonly #hooks: LiveGroupHooks;
  readonly #actor: Actor<GroupLogic>;
  #id: number | null;
  #lockVersion: number;
  #state: GroupState;
  #context: GroupContext;
  #createdAt: number;
  /** Since when it is in this state, as people see it; and when it was entered last. */
  #stateSince: number;
  #enteredAt: number;
  #lastRest: Rest | null = null;
  #transitions: TransitionWrite[] = [];
  #formerCopies: FormerCopyWrite[] = [];
  #written: ReadonlyMap<string, WrittenComponent>;
  #writtenContext: GroupContext | null;
  /** Changes so far, and how many of them are committed. */
  #changes = 0;
  #committed = 0;
  #taken = 0;
  readonly #waiters: Waiter[] = [];
  /** What is to be told once so many changes are committed. */
  readonly #untold: { readonly upTo: number; readonly tell: () => void }[] = [];
  readonly #isRestored: boolean;
  #isStopped = false;

  constructor(effects: Effects, origin: LiveGroupOrigin, hooks: LiveGroupHooks) {
    this.key = origin.key;
    this.keyHash = origin.keyHash;
    this.#fileType = origin.fileType;
    this.#hooks = hooks;
    this.#isRestored = origin.start.kind === 'restored';
    this.#id = origin.row?.id ?? null;
    this.#lockVersion = origin.row?.lockVersion ?? 0;
    const logic = new GroupLogic(effects, (event, next) => this.#note(event, next));
    if (origin.start.kind === 'new') {
      this.#actor = createActor(logic, { input: origin.start.input });
      this.#createdAt = origin.start.input.at;
      this.#stateSince = origin.start.input.at;
      this.#written = new Map();
      this.#writtenContext = null;
    } else {
      const { state, stateSince, context } = origin.start;
      const snapshot = { status: 'active', output: undefined, error: undefined, value: state, context } as const;
      this.#stateSince = stateSince;
      this.#actor = createActor(logic, { snapshot, input: restoredInput });
      this.#createdAt = context.firstSeenAt;
      this.#written = writtenComponents(state, context);
      this.#writtenContext = context;
    }
    this.#enteredAt = this.#stateSince;
    const first = this.#actor.getSnapshot();
    this.#state = first.value;
    this.#context = first.context;
    this.#actor.subscribe({ error: (error) => hooks.onDefect(this, messageOf(error)) });
  }

  get state(): GroupState {
    return this.#state;
  }

  get context(): GroupContext {
    return this.#context;
  }

  /** Everything it has been through is committed. */
  get isRecorded(): boolean {
    return this.#committed === this.#changes;
  }

  /** It is as it was recorded with this version. */
  isAsRead(lockVersion: number): boolean {
    return this.isRecorded && this.#lockVersion === lockVersion;
  }

  /** It only waits for an event, and nothing of it is left to write: it may leave memory. */
  get canRest(): boolean {
    return this.isRecorded && isResting(this.#state);
  }

  start(): void {
    // A restored actor's start is no transition.
    if (!this.#isRestored) this.#record({ type: 'xstate.init' }, null, this.#actor.getSnapshot());
    this.#actor.start();
  }

  send(event: GroupEvent): void {
    this.#actor.send(event);
  }

  /** Ends the actor; its effects' answers are no longer heard. */
  stop(): void {
    this.#actor.stop();
    // Whoever waits for a record that will not be made must not go on as if it were.
    for (const waiter of this.#waiters.splice(0)) waiter.reject(this.#stopped());
    this.#isStopped = true;
  }

  /** Resolves when everything up to now is committed. */
  async whenRecorded(): Promise<void> {
    // What else happens in this turn is recorded, too.
    await Promise.resolve();
    if (this.isRecorded) return;
    if (this.#isStopped) throw this.#stopped();
    await new Promise<void>((resolve, reject) => {
      this.#waiters.push({ upTo: this.#changes, resolve, reject });
      this.#hooks.onChange(this);
    });
  }

  #stopped(): CarbonationError {
    return new CarbonationError('POOL_CLOSED', `${this.#context.groupKey} is no longer worked on`);
  }

  /** Something waits for the record: an effect, or the place in memory that a group at rest takes. */
  get isUrgent(): boolean {
    return this.#waiters.length > 0 || isResting(this.#state);
  }

  /** What must be written now; {@link onWritten} or {@link onNotWritten} follows. */
  takeWrite(): GroupWrite {
    this.#taken = this.#changes;
    return groupWrite({
      id: this.#id,
      lockVersion: this.#lockVersion,
      fileType: this.#fileType,
      keyHash: this.keyHash,
      createdAt: this.#createdAt,
      stateSince: this.#stateSince,
      state: this.#state,
      context: this.#context,
      persisted: this.#actor.getPersistedSnapshot(),
      // Those up to now: more may come while this is written, and are written next.
      transitions: [...this.#transitions],
      formerCopies: [...this.#formerCopies],
      written: this.#written,
      writtenContext: this.#writtenContext,
      primaryPath: this.#hooks.primaryOf(this.#context),
      now: this.#hooks.clock.now(),
    });
  }

  /** The write is committed. `state` and `context` are those it was taken from. */
  onWritten(write: GroupWrite, written: GroupWritten, state: GroupState, context: GroupContext): void {
    this.#id = written.id;
    this.#lockVersion = written.lockVersion;
    this.#transitions = this.#transitions.slice(write.transitions.length);
    this.#formerCopies = this.#formerCopies.slice(write.formerCopies.length);
    this.#written = writtenComponents(state, context);
    this.#writtenContext = context;
    this.#committed = this.#taken;
    const reached = this.#waiters.filter((waiter) => waiter.upTo <= this.#committed);
    for (const waiter of reached) {
      this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
      waiter.resolve();
    }
    while (this.#untold[0] !== undefined && this.#untold[0].upTo <= this.#committed) this.#untold.shift()?.tell();
  }

  /** What an event has come to; most of those that the state does not know change nothing. */
  #note(event: EventObject, { value, context }: GroupSnapshot): void {
    if (value === this.#state && context === this.#context) return;
    this.#record(event, this.#context, { value, context });
  }

  /** @param before - null: the group is new */
  #record(event: EventObject, before: GroupContext | null, next: Pick<GroupSnapshot, 'value' | 'context'>): void {
    const from = this.#id === null && this.#changes === 0 ? null : this.#state;
    const at = timeOf(event) ?? this.#hooks.clock.now();
    const facts = factsOf(event, before, next.context);
    if (before !== null) this.#formerCopies.push(...replacedCopies(before, next.context));
    const lastStep: Step = {
      from,
      to: next.value,
      at,
      heldMs: from === null ? null : Math.max(0, at - this.#enteredAt),
      before: from === null ? null : this.#context,
      after: next.context,
    };
    if (isResting(this.#state))
      this.#lastRest = { state: this.#state, since: this.#stateSince, context: this.#context };
    if (from !== next.value) {
      this.#enteredAt = at;
      this.#stateSince = restsOn(this.#lastRest, next.value, next.context) ? this.#lastRest.since : at;
    }
    this.#state = next.value;
    this.#context = next.context;
    this.#transitions.push({
      at,
      fromState: from === null ? null : storedState(from),
      toState: storedState(this.#state),
      event: eventName(event.type),
      reason: recordedReason(this.#context.reason),
      revision: this.#context.revision,
      attempt: this.#context.attempt,
      rulesVersion: this.#context.rulesVersion,
      node: this.#hooks.node,
      facts,
    });
    this.#changes += 1;
    this.#hooks.onChange(this);
    const entered = { key: this.key, state: this.#state, context: this.#context, lastStep };
    const tell = () => this.#hooks.onEnter(entered, from);
    // Whoever reads "archived" must find it so, in the order in which it came about.
    if (isResting(this.#state) || this.#untold.length > 0) this.#untold.push({ upTo: this.#changes, tell });
    else tell();
  }
}

/** A restored actor takes its context from the snapshot; XState's types want an input all the same. */
const restoredInput: GroupInput = {
  watchName: '',
  groupKey: '',
  policy: { maxRetries: 0, retryDelayMs: 0, retryBackoff: 'fixed', retryMaxDelayMs: 0, onRedelivery: 'archive' },
  files: [],
  rulesVersion: null,
  at: 0,
};

function timeOf(event: unknown): number | null {
  if (typeof event !== 'object' || event === null) return null;
  if ('at' in event && typeof event.at === 'number') return event.at;
  if ('output' in event) return timeOf(event.output);
  return 'error' in event ? timeOf(event.error) : null;
}
