import type { ActorLogic, ActorScope, EventObject, Snapshot } from 'xstate';
import {
  fileGroupMachine,
  type Effects,
  type GroupContext,
  type GroupEvent,
  type GroupInput,
  type GroupState,
} from '../../../machines/file-group/index.ts';
import { FlatChart, type Invocation, type Situation } from '../../../machines/flat-chart.ts';

/** A group's situation, as its actor has it. */
export type GroupSnapshot = Snapshot<undefined> & Situation<GroupState, GroupContext>;

type Scope = ActorScope<GroupSnapshot, GroupEvent>;

/** An effect at work. */
interface Running extends Pick<Invocation<GroupContext>, 'id' | 'src'> {
  readonly input: unknown;
  readonly abort: AbortController;
}

const chart = new FlatChart<GroupState, GroupContext, GroupInput>(fileGroupMachine);

/**
 * What a group's actor is made of: the chart of the file group, and its effects. The actor is told of each event and what came of
 * it before the effects begin that this asks for. An effect whose state has been left is told so, and its answer not heard.
 */
export class GroupLogic implements ActorLogic<GroupSnapshot, GroupEvent, GroupInput> {
  readonly #effects: Effects;
  readonly #note: (event: EventObject, next: GroupSnapshot) => void;
  #running: Running | null = null;

  /** @param note - told of each event that the chart has a way for, and of where it led */
  constructor(effects: Effects, note: (event: EventObject, next: GroupSnapshot) => void) {
    this.#effects = effects;
    this.#note = note;
  }

  getInitialSnapshot(_: Scope, input: GroupInput): GroupSnapshot {
    return situated(chart.initial(input));
  }

  /** A snapshot on record, in XState's own form; whoever has read it has checked what is relied upon here. */
  restoreSnapshot(persisted: Snapshot<unknown>): GroupSnapshot {
    const { value, context } = persisted as Snapshot<unknown> & Situation<GroupState, GroupContext>;
    return situated({ value, context });
  }

  start(snapshot: GroupSnapshot, scope: Scope): void {
    // Also after a restart: every effect may run twice.
    this.#begin(snapshot, { type: 'xstate.init' }, scope);
  }

  transition(snapshot: GroupSnapshot, event: GroupEvent | EventObject, scope: Scope): GroupSnapshot {
    try {
      return this.#step(snapshot, event, scope);
    } catch (error) {
      // The actor ends with it, without being told to stop.
      this.#end();
      throw error;
    }
  }

  #step(snapshot: GroupSnapshot, event: GroupEvent | EventObject, scope: Scope): GroupSnapshot {
    if (event.type === 'xstate.stop') {
      this.#end();
      return { ...snapshot, status: 'stopped', output: undefined, error: undefined };
    }
    const step = chart.next(snapshot, event);
    if (step === null) {
      // A defect: the chart answers the failure of every effect.
      if ('error' in event) throw event.error;
      return snapshot;
    }
    const next = situated(step);
    this.#note(event, next);
    if (step.isEntered) this.#begin(next, event, scope);
    return next;
  }

  /** In XState's own form, so that its interpreter can go on from it, too. */
  getPersistedSnapshot({ value, context }: GroupSnapshot): Snapshot<unknown> {
    const children = this.#children();
    const active = { status: 'active', output: undefined, error: undefined } as const;
    const persisted = { ...active, value, context, children, historyValue: {}, tags: [] };
    return persisted;
  }

  #children(): Readonly<Record<string, unknown>> {
    if (this.#running === null) return {};
    const { id, src, input } = this.#running;
    return { [id]: { src, snapshot: { status: 'active', input }, syncSnapshot: false } };
  }

  /** Ends the effect of the state that was left, and begins that of the one that was entered. */
  #begin({ value, context }: GroupSnapshot, event: EventObject, scope: Scope): void {
    this.#end();
    const invocation = chart.invocation(value);
    if (invocation === null) return;
    const { id, src, input } = invocation;
    const running = { id, src, input: input({ context, event }), abort: new AbortController() };
    this.#running = running;
    // Once the actor has its new situation.
    if (event.type === 'xstate.init') this.#run(running, scope);
    else scope.defer(() => this.#run(running, scope));
  }

  #end(): void {
    this.#running?.abort.abort();
    this.#running = null;
  }

  #run(running: Running, { self }: Scope): void {
    const { id, src, input, abort } = running;
    const tell = (event: EventObject): void => {
      // An answer that nobody waits for any more.
      if (this.#running !== running) return;
      this.#running = null;
      // The chart has ways for the ends of its effects, besides those for a group's events.
      self.send({ ...event, actorId: id } as EventObject as GroupEvent);
    };
    effectOf(this.#effects, src)(input, abort.signal).then(
      (output) => tell({ type: `xstate.done.actor.${id}`, output } as EventObject),
      (error: unknown) => tell({ type: `xstate.error.actor.${id}`, error } as EventObject),
    );
  }
}

function situated({ value, context }: Situation<GroupState, GroupContext>): GroupSnapshot {
  return { status: 'active', value, context, output: undefined, error: undefined };
}

/** The chart gives each effect the input that its name stands for. */
function effectOf(effects: Effects, src: string): (input: unknown, signal: AbortSignal) => Promise<unknown> {
  const effect: unknown = Reflect.get(effects, src);
  if (typeof effect !== 'function') throw new Error(`the effect ${src} is not provided`);
  return (input, signal) => Reflect.apply(effect, effects, [input, signal]) as Promise<unknown>;
}
