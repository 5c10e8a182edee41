import type { AnyStateMachine, EventObject } from 'xstate';

/** A chart's state by name, and its context. */
export interface Situation<State extends string, Context> {
  readonly value: State;
  readonly context: Context;
}

/** Where an event leads. */
export interface Step<State extends string, Context> extends Situation<State, Context> {
  /** A state has been entered, perhaps the same one anew: what it invokes begins. */
  readonly isEntered: boolean;
}

/** What a state invokes. */
export interface Invocation<Context> {
  readonly id: string;
  readonly src: string;
  readonly input: (args: Args<Context>) => unknown;
}

interface Args<Context> {
  readonly context: Context;
  readonly event: EventObject;
}

type Guard<Context> = (args: Args<Context>) => boolean;
type Change<Context> = (args: Args<Context>) => Partial<Context>;

interface Way<Context> {
  readonly guard: Guard<Context> | null;
  readonly changes: readonly Change<Context>[];
  readonly target: string | null;
  readonly reenter: boolean;
}

interface FlatState<Context> {
  readonly entry: readonly Change<Context>[];
  readonly ways: ReadonlyMap<string, readonly Way<Context>[]>;
  readonly always: readonly Way<Context>[];
  readonly invocation: Invocation<Context> | null;
}

const none: readonly never[] = [];

/**
 * The steps of a flat chart: states side by side, events, guards, assignments, invocations; no states in states, timers,
 * histories or actions with effects. It takes its transitions, guards and changes from XState's own machine, and goes where
 * `machine.transition` goes, which a test compares in every situation of the chart; but what XState works out at
 * each step for charts of any shape is worked out once here.
 */
export class FlatChart<State extends string, Context extends object, Input> {
  readonly #machine: AnyStateMachine;
  readonly #states: ReadonlyMap<string, FlatState<Context>>;
  readonly #anywhere: ReadonlyMap<string, readonly Way<Context>[]>;
  readonly #initial: State;

  /** @throws Error when the chart is not a flat one */
  constructor(machine: AnyStateMachine) {
    this.#machine = machine;
    const { root } = machine;
    const [initial] = root.initial.target;
    if (root.type !== 'compound' || initial === undefined) throw notFlat(machine.id, 'has no initial state');
    if (root.entry.length + root.exit.length + root.invoke.length > 0)
      throw notFlat(machine.id, 'does something as a whole');
    this.#anywhere = this.#waysOf(root);
    this.#states = new Map(Object.values(root.states).map((state) => [state.key, this.#stateOf(state)]));
    // The machine's own states, by its own names.
    this.#initial = initial.key as State;
  }

  /** Where the chart begins. */
  initial(input: Input): Situation<State, Context> {
    const { context } = this.#machine.config;
    const first: Context = typeof context === 'function' ? context({ input }) : context;
    const event = { type: 'xstate.init', input };
    const entered = changed(first, event, this.#state(this.#initial).entry);
    return this.#settle({ value: this.#initial, context: entered, isEntered: true }, event);
  }

  /** Where an event leads; null: the chart has no way for it in this situation. */
  next({ value, context }: Situation<State, Context>, event: EventObject): Step<State, Context> | null {
    const way =
      firstOpen(this.#state(value).ways.get(event.type), context, event) ??
      firstOpen(this.#anywhere.get(event.type), context, event);
    return way === null ? null : this.#settle(this.#walk(value, context, event, way), event);
  }

  /** What a state invokes, or null. */
  invocation(value: State): Invocation<Context> | null {
    return this.#state(value).invocation;
  }

  #state(value: string): FlatState<Context> {
    const state = this.#states.get(value);
    if (state === undefined) throw new Error(`the chart ${this.#machine.id} has no state ${value}`);
    return state;
  }

  /** Ways that need no event are gone at once. */
  #settle(step: Step<State, Context>, event: EventObject): Step<State, Context> {
    let now = step;
    for (;;) {
      const way = firstOpen(this.#state(now.value).always, now.context, event);
      if (way === null) return now;
      const next = this.#walk(now.value, now.context, event, way);
      now = { ...next, isEntered: now.isEntered || next.isEntered };
    }
  }

  #walk(value: State, context: Context, event: EventObject, way: Way<Context>): Step<State, Context> {
    const isEntered = way.target !== null && (way.reenter || way.target !== value);
    const left = changed(context, event, way.changes);
    if (!isEntered) return { value, context: left, isEntered };
    // One of the machine's states, as the initial one.
    const target = way.target as State;
    return { value: target, context: changed(left, event, this.#state(target).entry), isEntered };
  }

  #stateOf(node: Node): FlatState<Context> {
    const { type, exit, after, invoke, key } = node;
    if (type !== 'atomic') throw notFlat(this.#machine.id, `has ${key}, which is ${type}`);
    if (exit.length > 0 || after.length > 0)
      throw notFlat(this.#machine.id, `does something on leaving ${key}, or by a timer`);
    if (invoke.length > 1) throw notFlat(this.#machine.id, `invokes several actors in ${key}`);
    const [invocation] = invoke;
    return {
      entry: node.entry.map((action) => this.#changeOf(action)),
      ways: this.#waysOf(node),
      always: node.always?.map((way) => this.#wayOf(way)) ?? none,
      invocation:
        invocation === undefined
          ? null
          : { id: invocation.id, src: nameOf(invocation.src), input: asFunction(invocation.input) },
    };
  }

  #waysOf(node: Node): ReadonlyMap<string, readonly Way<Context>[]> {
    for (const event of node.transitions.keys())
      if (event.endsWith('*')) throw notFlat(this.#machine.id, `takes events by a pattern, ${event}`);
    return new Map([...node.transitions].map(([event, ways]) => [event, ways.map((way) => this.#wayOf(way))]));
  }

  #wayOf({ guard, actions, target, reenter }: Transition): Way<Context> {
    if (target !== undefined && target.length !== 1) throw notFlat(this.#machine.id, 'enters several states at once');
    return {
      guard: guard === undefined ? null : this.#guardOf(guard),
      changes: actions.map((action) => this.#changeOf(action)),
      target: target?.[0]?.key ?? null,
      reenter,
    };
  }

  #guardOf(named: unknown): Guard<Context> {
    const implementation: unknown = this.#machine.implementations.guards[nameOf(named)];
    if (typeof implementation !== 'function' || 'check' in implementation)
      throw notFlat(this.#machine.id, `has a guard that is no function, ${nameOf(named)}`);
    const params = paramsOf(named);
    return (args) => Boolean(Reflect.apply(implementation, undefined, [args, params?.(args)]));
  }

  #changeOf(named: unknown): Change<Context> {
    const action: unknown = this.#machine.implementations.actions[nameOf(named)];
    // What `assign` makes: the assignment is the function or the object that it was given.
    if (typeof action !== 'function' || !('assignment' in action))
      throw notFlat(this.#machine.id, `has an action that is no assignment, ${nameOf(named)}`);
    const { assignment } = action;
    const params = paramsOf(named);
    if (typeof assignment === 'function') return (args) => Reflect.apply(assignment, undefined, [args, params?.(args)]);
    const entries = Object.entries(assignment ?? {}).map(([key, value]) => [key, asFunction(value)] as const);
    return (args) => Object.fromEntries(entries.map(([key, value]) => [key, value(args)])) as Partial<Context>;
  }
}

type Node = AnyStateMachine['root'];
type Transition = NonNullable<ReturnType<Node['transitions']['get']>>[number];

function firstOpen<Context>(
  ways: readonly Way<Context>[] | undefined,
  context: Context,
  event: EventObject,
): Way<Context> | null {
  if (ways === undefined) return null;
  const args = { context, event };
  for (const way of ways) if (way.guard === null || way.guard(args)) return way;
  return null;
}

function changed<Context extends object>(
  context: Context,
  event: EventObject,
  changes: readonly Change<Context>[],
): Context {
  let now = context;
  for (const change of changes) now = withChanges(now, change({ context: now, event }));
  return now;
}

/** Spread, the copy has the shape of the original; `Object.assign` would add one property after the other to an empty object. */
function withChanges<Context extends object>(context: Context, changes: Partial<Context>): Context {
  return { ...context, ...changes };
}

/** `'name'` or `{ type: 'name', params }`, as guards and actions are named. */
function nameOf(named: unknown): string {
  if (typeof named === 'string') return named;
  if (typeof named === 'object' && named !== null && 'type' in named && typeof named.type === 'string')
    return named.type;
  throw new Error('a chart names its guards, actions and actors');
}

function paramsOf(named: unknown): ((args: object) => unknown) | null {
  if (typeof named !== 'object' || named === null || !('params' in named) || named.params === undefined) return null;
  return asFunction(named.params);
}

/** A function as it is; a value as one that gives it. */
function asFunction(value: unknown): (args: object) => unknown {
  return typeof value === 'function' ? (args) => Reflect.apply(value, undefined, [args]) : () => value;
}

function notFlat(id: string, why: string): Error {
  return new Error(`the chart ${id} is not flat: it ${why}`);
}
