import type { ActorLogic, ActorScope, EventObject, Snapshot, SnapshotFrom } from 'xstate';
import type { GroupEvent, GroupInput } from '../../machines/file-group/index.ts';
import type { provideEffects } from './effects.ts';

/** The chart of a file group, with its effects. */
export type GroupMachine = ReturnType<typeof provideEffects>;

/** A group's situation, as XState has it. */
export type GroupSnapshot = SnapshotFrom<GroupMachine>;

type Scope = ActorScope<GroupSnapshot, GroupEvent>;

/**
 * The chart of a group that is told of each event and what came of it, before the effects begin that this asks for.
 * XState's own inspection tells of the effects' actors, too, and makes an object for each thing that it tells: a fifth of
 * what a transition takes.
 */
export class NotedChart implements ActorLogic<GroupSnapshot, GroupEvent, GroupInput> {
  readonly #machine: GroupMachine;
  readonly #note: (event: EventObject, next: GroupSnapshot) => void;

  constructor(machine: GroupMachine, note: (event: EventObject, next: GroupSnapshot) => void) {
    this.#machine = machine;
    this.#note = note;
  }

  transition(snapshot: GroupSnapshot, event: GroupEvent, scope: Scope): GroupSnapshot {
    const next = this.#machine.transition(snapshot, event, scope);
    this.#note(event, next);
    return next;
  }

  getInitialSnapshot(scope: Scope, input: GroupInput): GroupSnapshot {
    return this.#machine.getInitialSnapshot(scope, input);
  }

  restoreSnapshot(snapshot: Snapshot<unknown>, scope: Scope): GroupSnapshot {
    return this.#machine.restoreSnapshot(snapshot, scope);
  }

  start(snapshot: GroupSnapshot): void {
    this.#machine.start(snapshot);
  }

  getPersistedSnapshot(snapshot: GroupSnapshot, options?: unknown): Snapshot<unknown> {
    return this.#machine.getPersistedSnapshot(snapshot, options);
  }
}
