import { assign, fromCallback, fromPromise, setup, type ActorRefFrom } from 'xstate';
import { watchMachine, type WatchInput, type WatchMode, type WatchReport } from '../watch/index.ts';

/** How a watch is, as its supervisor knows it. */
export interface WatchHealth {
  readonly health: 'opening' | 'watching' | 'scanning' | 'lost';
  readonly reason: string | null;
}

/** What the service is told at its start. */
export interface SupervisorInput {
  /** Process all that is there and end. */
  readonly once: boolean;
  readonly watches: readonly WatchInput[];
  readonly reconcileEveryMs: number;
  readonly rulesVersion: string;
}

/** The context of the supervisor. */
export interface SupervisorContext extends SupervisorInput {
  /** By watch name. */
  readonly health: Readonly<Record<string, WatchHealth>>;
  /** Why the rules on disk are not in force, if they are not. */
  readonly rulesRejected: readonly string[] | null;
  readonly failure: string | null;
  /** A reconciliation was asked for while one was under way. */
  readonly mustReconcile: boolean;
  /** The rules file was touched while it was being read. */
  readonly isRulesTouched: boolean;
  readonly watchActors: readonly ActorRefFrom<typeof watchMachine>[];
}

/** Everything that can be said to the supervisor. */
export type SupervisorEvent =
  | WatchReport
  /** The rules file was written, or a person asks to read it again. */
  | { readonly type: 'rules.touched' }
  /** Deliveries must be read again now. */
  | { readonly type: 'reconcile.requested'; readonly reason: string }
  /** Take no more work, let the running finish, end. */
  | { readonly type: 'stop.requested' }
  /** A part that must never fail has failed. */
  | { readonly type: 'service.failed'; readonly reason: string };

/** What reading the rules again gives. */
export type RulesAnswer =
  | { readonly outcome: 'unchanged' }
  | { readonly outcome: 'changed'; readonly version: string }
  | { readonly outcome: 'invalid'; readonly problems: readonly string[] };

type Nothing = Record<string, never>;

function task<Output, Input = Nothing>(name: string) {
  return fromPromise<Output, Input>(() => Promise.reject(new Error(`the effect ${name} is not provided`)));
}

function background(name: string) {
  return fromCallback<{ type: 'ignored' }, Nothing>(() => {
    throw new Error(`the effect ${name} is not provided`);
  });
}

function text(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/**
 * The service: its life from start to stop, and beside it the rules in force
 * and the heartbeat. It owns the watches, the scheduler of deadlines, the
 * reconciliation and the rules file; groups live in a registry of their own,
 * because children under one parent cost O(n) each.
 */
export const supervisorMachine = setup({
  types: { context: {} as SupervisorContext, events: {} as SupervisorEvent, input: {} as SupervisorInput },
  actors: {
    watch: watchMachine,
    recover: task<void>('recover'),
    reconcileDelivery: task<void>('reconcileDelivery'),
    finishWork: task<void>('finishWork'),
    drain: task<void>('drain'),
    readRules: task<RulesAnswer>('readRules'),
    rejudge: task<void>('rejudge'),
    scheduleDeadlines: background('scheduleDeadlines'),
    beat: background('beat'),
    watchRulesFile: background('watchRulesFile'),
  },
  actions: {
    openWatches: assign(({ context, spawn }) => ({
      watchActors: context.watches.map((input) => spawn('watch', { id: `watch:${input.name}`, input })),
    })),
    closeWatches: ({ context }) => {
      for (const actor of context.watchActors) actor.send({ type: 'watch.stopped' });
    },
    keepHealth: assign(({ context }, params: { name: string } & WatchHealth) => ({
      health: { ...context.health, [params.name]: { health: params.health, reason: params.reason } },
    })),
    keepFailure: assign((_, params: { reason: string }) => ({ failure: params.reason })),
    keepRules: assign((_, params: RulesAnswer) =>
      params.outcome === 'changed' ? { rulesVersion: params.version, rulesRejected: null } : { rulesRejected: null },
    ),
    keepRejection: assign((_, params: RulesAnswer) => ({
      rulesRejected: params.outcome === 'invalid' ? params.problems : null,
    })),
    noteReconcile: assign({ mustReconcile: true }),
    clearReconcile: assign({ mustReconcile: false }),
    noteRulesTouched: assign({ isRulesTouched: true }),
    clearRulesTouched: assign({ isRulesTouched: false }),
    applyRules: () => undefined,
    announceReady: () => undefined,
    announceReload: () => undefined,
    announceStop: () => undefined,
    reportWatch: (_args, _params: { name: string } & WatchHealth) => undefined,
    reportRules: (_args, _params: RulesAnswer) => undefined,
    reportFailure: (_args, _params: { reason: string }) => undefined,
  },
  guards: {
    runsOnce: ({ context }) => context.once,
    mustReconcile: ({ context }) => context.mustReconcile,
    isRulesTouched: ({ context }) => context.isRulesTouched,
    isChanged: (_, answer: RulesAnswer) => answer.outcome === 'changed',
    isInvalid: (_, answer: RulesAnswer) => answer.outcome === 'invalid',
  },
  delays: { reconcileEvery: ({ context }) => context.reconcileEveryMs, rulesSettle: 500 },
}).createMachine({
  id: 'supervisor',
  type: 'parallel',
  context: ({ input }) => ({
    ...input,
    health: {},
    rulesRejected: null,
    failure: null,
    mustReconcile: false,
    isRulesTouched: false,
    watchActors: [],
  }),
  on: {
    'watch.opened': {
      actions: [
        { type: 'keepHealth', params: ({ event }) => openHealth(event.name, event.mode, event.reason) },
        { type: 'reportWatch', params: ({ event }) => openHealth(event.name, event.mode, event.reason) },
      ],
    },
    'watch.lost': {
      actions: [
        { type: 'keepHealth', params: ({ event }) => ({ name: event.name, health: 'lost', reason: event.reason }) },
        { type: 'reportWatch', params: ({ event }) => ({ name: event.name, health: 'lost', reason: event.reason }) },
      ],
    },
  },
  states: {
    lifecycle: {
      initial: 'starting',
      states: {
        /** Take up what a former run left behind. */
        starting: {
          invoke: {
            id: 'recover',
            src: 'recover',
            input: {},
            onDone: 'serving',
            onError: {
              target: 'draining',
              actions: { type: 'keepFailure', params: ({ event }) => ({ reason: text(event.error) }) },
            },
          },
          on: {
            'stop.requested': 'draining',
            'service.failed': {
              target: 'draining',
              actions: { type: 'keepFailure', params: ({ event }) => ({ reason: event.reason }) },
            },
          },
        },
        /** Groups are worked on. */
        serving: {
          initial: 'opening',
          invoke: {
            id: 'scheduleDeadlines',
            src: 'scheduleDeadlines',
            input: {},
            onError: {
              target: 'draining',
              actions: { type: 'keepFailure', params: ({ event }) => ({ reason: text(event.error) }) },
            },
          },
          on: {
            'stop.requested': 'draining',
            'service.failed': {
              target: 'draining',
              actions: { type: 'keepFailure', params: ({ event }) => ({ reason: event.reason }) },
            },
          },
          exit: 'closeWatches',
          states: {
            opening: {
              always: [
                { guard: 'runsOnce', target: 'reconciling' },
                { target: 'reconciling', actions: 'openWatches' },
              ],
            },
            /** Disk and database are compared; live events go on meanwhile. */
            reconciling: {
              entry: 'clearReconcile',
              // What is lost now may be behind the reading: it is read once more.
              on: {
                'reconcile.requested': { actions: 'noteReconcile' },
                'watch.overflowed': { actions: 'noteReconcile' },
              },
              invoke: {
                id: 'reconcileDelivery',
                src: 'reconcileDelivery',
                input: {},
                onDone: [
                  { guard: 'mustReconcile', target: 'reconciling', reenter: true },
                  { guard: 'runsOnce', target: 'finishing' },
                  { target: 'running', actions: 'announceReady' },
                ],
                onError: [
                  {
                    guard: 'runsOnce',
                    target: '#supervisor.lifecycle.draining',
                    actions: { type: 'keepFailure', params: ({ event }) => ({ reason: text(event.error) }) },
                  },
                  {
                    target: 'running',
                    actions: [
                      { type: 'reportFailure', params: ({ event }) => ({ reason: text(event.error) }) },
                      'announceReady',
                    ],
                  },
                ],
              },
            },
            running: {
              after: { reconcileEvery: 'reconciling' },
              on: { 'reconcile.requested': 'reconciling', 'watch.overflowed': 'reconciling' },
            },
            /** `--once`: everything pending or due is worked off. */
            finishing: {
              invoke: {
                id: 'finishWork',
                src: 'finishWork',
                input: {},
                onDone: '#supervisor.lifecycle.draining',
                onError: {
                  target: '#supervisor.lifecycle.draining',
                  actions: { type: 'keepFailure', params: ({ event }) => ({ reason: text(event.error) }) },
                },
              },
            },
          },
        },
        /** No new work; what runs may finish, for a bounded time. */
        draining: {
          entry: 'announceStop',
          invoke: {
            id: 'drain',
            src: 'drain',
            input: {},
            onDone: 'stopped',
            onError: {
              target: 'failed',
              actions: { type: 'keepFailure', params: ({ event }) => ({ reason: text(event.error) }) },
            },
          },
        },
        stopped: { type: 'final' },
        failed: { type: 'final' },
      },
    },
    rules: {
      initial: 'current',
      invoke: {
        id: 'watchRulesFile',
        src: 'watchRulesFile',
        input: {},
        onError: { actions: { type: 'reportFailure', params: ({ event }) => ({ reason: text(event.error) }) } },
      },
      on: { 'rules.touched': '.settling' },
      states: {
        /** The rules on disk are those in force. */
        current: { always: { guard: 'isRulesTouched', target: 'settling' } },
        /** An editor may write in several steps; wait until it is done. */
        settling: { entry: 'clearRulesTouched', after: { rulesSettle: 'validating' } },
        validating: {
          on: { 'rules.touched': { actions: 'noteRulesTouched' } },
          invoke: {
            id: 'readRules',
            src: 'readRules',
            input: {},
            onDone: [
              {
                guard: { type: 'isInvalid', params: ({ event }) => event.output },
                target: 'rejected',
                actions: [
                  { type: 'keepRejection', params: ({ event }) => event.output },
                  { type: 'reportRules', params: ({ event }) => event.output },
                ],
              },
              {
                guard: { type: 'isChanged', params: ({ event }) => event.output },
                target: 'applying',
                actions: [
                  { type: 'keepRules', params: ({ event }) => event.output },
                  { type: 'reportRules', params: ({ event }) => event.output },
                ],
              },
              { target: 'current', actions: { type: 'keepRules', params: ({ event }) => event.output } },
            ],
            onError: {
              target: 'rejected',
              actions: { type: 'reportFailure', params: ({ event }) => ({ reason: text(event.error) }) },
            },
          },
        },
        /** The new rules are in force; groups that were not selected are judged again. */
        applying: {
          entry: ['applyRules', 'announceReload'],
          on: { 'rules.touched': { actions: 'noteRulesTouched' } },
          invoke: {
            id: 'rejudge',
            src: 'rejudge',
            input: {},
            onDone: 'current',
            onError: {
              target: 'current',
              actions: { type: 'reportFailure', params: ({ event }) => ({ reason: text(event.error) }) },
            },
          },
        },
        /** The rules on disk are invalid; the old ones stay in force. */
        rejected: { always: { guard: 'isRulesTouched', target: 'settling' } },
      },
    },
    heartbeat: {
      initial: 'beating',
      states: {
        beating: {
          invoke: {
            id: 'beat',
            src: 'beat',
            input: {},
            onError: { actions: { type: 'reportFailure', params: ({ event }) => ({ reason: text(event.error) }) } },
          },
        },
      },
    },
  },
});

function openHealth(name: string, mode: WatchMode, reason: string | null): { name: string } & WatchHealth {
  return { name, health: mode === 'events' ? 'watching' : 'scanning', reason };
}
