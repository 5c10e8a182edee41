import { assign, fromCallback, fromPromise, setup } from 'xstate';
import { watchMachine, type WatchReport } from '../watch/index.ts';
import type { RulesAnswer, SupervisorContext, SupervisorEvent, SupervisorInput, WatchHealth } from './types.ts';

type Nothing = Record<string, never>;

function task<Output, Input = Nothing>(name: string) {
  return fromPromise<Output, Input>(() => Promise.reject(new Error(`the effect ${name} is not provided`)));
}

function background(name: string) {
  return fromCallback<{ type: 'ignored' }, Nothing>(() => {
    throw new Error(`the effect ${name} is not provided`);
  });
}

/** What an effect has thrown. */
function reasonIn({ event }: { event: { error: unknown } }): { reason: string } {
  const { error } = event;
  return { reason: error instanceof Error ? error.message : String(error) };
}

function answer({ event }: { event: { output: RulesAnswer } }): RulesAnswer {
  return event.output;
}

type HealthReport = Exclude<WatchReport, { type: 'watch.overflowed' }>;

function healthIn({ event }: { event: HealthReport }): { name: string } & WatchHealth {
  const { name, reason } = event;
  if (event.type === 'watch.lost') return { name, health: 'lost', reason };
  return { name, health: event.health, reason };
}

const noteHealth = [
  { type: 'keepHealth', params: healthIn },
  { type: 'reportWatch', params: healthIn },
] as const;
const keepError = { type: 'keepFailure', params: reasonIn } as const;
const reportError = { type: 'reportFailure', params: reasonIn } as const;
const noteRules = [
  { type: 'keepRules', params: answer },
  { type: 'reportRules', params: answer },
] as const;

/** What ends a service that has begun. */
const endings = {
  'stop.requested': 'draining',
  'service.failed': {
    target: 'draining',
    actions: { type: 'keepFailure', params: ({ event }: { event: { reason: string } }) => ({ reason: event.reason }) },
  },
} as const;

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
    keepRules: assign((_, params: RulesAnswer) => ({ areRulesRejected: params.outcome === 'invalid' })),
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
    wasRejected: ({ context }) => context.areRulesRejected,
    isInvalid: (_, answer: RulesAnswer) => answer.outcome === 'invalid',
  },
  delays: { reconcileEvery: ({ context }) => context.reconcileEveryMs, rulesSettle: 500 },
}).createMachine({
  id: 'supervisor',
  type: 'parallel',
  context: ({ input }) => ({
    ...input,
    health: {},
    areRulesRejected: false,
    failure: null,
    mustReconcile: false,
    isRulesTouched: false,
    watchActors: [],
  }),
  on: {
    'watch.opened': { actions: noteHealth },
    'watch.lost': { actions: noteHealth },
  },
  states: {
    lifecycle: {
      description: 'The service from its start to its end.',
      initial: 'starting',
      states: {
        starting: {
          description: 'Continue what a former run left behind.',
          invoke: {
            id: 'recover',
            src: 'recover',
            input: {},
            onDone: 'serving',
            onError: { target: 'draining', actions: keepError },
          },
          on: endings,
        },
        serving: {
          description: 'Groups are worked on.',
          initial: 'opening',
          invoke: {
            id: 'scheduleDeadlines',
            src: 'scheduleDeadlines',
            input: {},
            onError: { target: 'draining', actions: keepError },
          },
          on: endings,
          exit: 'closeWatches',
          states: {
            opening: {
              description: 'The watches are opened.',
              always: [
                { guard: 'runsOnce', target: 'reconciling' },
                { target: 'reconciling', actions: 'openWatches' },
              ],
            },
            reconciling: {
              description: 'Disk and database are compared; live events are processed meanwhile.',
              entry: 'clearReconcile',
              // What is lost now may be behind the reading: it is read once more.
              on: {
                'watch.overflowed': { actions: 'noteReconcile' },
                'database.returned': { actions: 'noteReconcile' },
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
                  { guard: 'runsOnce', target: '#supervisor.lifecycle.draining', actions: keepError },
                  {
                    target: 'running',
                    actions: [reportError, 'announceReady'],
                  },
                ],
              },
            },
            running: {
              description: 'Files are processed as they come.',
              after: { reconcileEvery: 'reconciling' },
              on: { 'watch.overflowed': 'reconciling', 'database.returned': 'reconciling' },
            },
            finishing: {
              description: '`--once`: everything pending or due is processed.',
              invoke: {
                id: 'finishWork',
                src: 'finishWork',
                input: {},
                onDone: '#supervisor.lifecycle.draining',
                onError: { target: '#supervisor.lifecycle.draining', actions: keepError },
              },
            },
          },
        },
        draining: {
          description: 'No new work; what runs may finish, for a bounded time.',
          entry: 'announceStop',
          invoke: {
            id: 'drain',
            src: 'drain',
            input: {},
            onDone: 'stopped',
            onError: { target: 'failed', actions: keepError },
          },
        },
        stopped: { description: 'Everything that ran has been recorded.', type: 'final' },
        failed: { description: 'Waiting for the work to end failed.', type: 'final' },
      },
    },
    rules: {
      description: 'The rules in force, and those on disk.',
      initial: 'current',
      invoke: {
        id: 'watchRulesFile',
        src: 'watchRulesFile',
        input: {},
        onError: { actions: reportError },
      },
      on: { 'rules.touched': '.settling' },
      states: {
        current: {
          description: 'The rules on disk are those in force.',
          always: { guard: 'isRulesTouched', target: 'settling' },
        },
        settling: {
          description: 'An editor may write in several steps; wait until it is done.',
          entry: 'clearRulesTouched',
          after: { rulesSettle: 'validating' },
        },
        validating: {
          description: 'The rules file is read and checked as a whole.',
          on: { 'rules.touched': { actions: 'noteRulesTouched' } },
          invoke: {
            id: 'readRules',
            src: 'readRules',
            input: {},
            onDone: [
              {
                guard: { type: 'isInvalid', params: answer },
                target: 'rejected',
                actions: noteRules,
              },
              {
                guard: { type: 'isChanged', params: answer },
                target: 'applying',
                actions: noteRules,
              },
              { guard: 'wasRejected', target: 'current', actions: noteRules },
              { target: 'current' },
            ],
            onError: { target: 'rejected', actions: reportError },
          },
        },
        applying: {
          description:
            'The new rules are in force; groups that wait, were not selected or are being judged are judged by them.',
          entry: ['applyRules', 'announceReload'],
          on: { 'rules.touched': { actions: 'noteRulesTouched' } },
          invoke: {
            id: 'rejudge',
            src: 'rejudge',
            input: {},
            onDone: 'current',
            onError: { target: 'current', actions: reportError },
          },
        },
        rejected: {
          description: 'The rules on disk are invalid; the old ones stay in force.',
          always: { guard: 'isRulesTouched', target: 'settling' },
        },
      },
    },
    heartbeat: {
      description: 'The sign of life, recorded at each interval.',
      initial: 'beating',
      states: {
        beating: {
          description: 'The heartbeat is recorded.',
          invoke: {
            id: 'beat',
            src: 'beat',
            input: {},
            onError: { actions: reportError },
          },
        },
      },
    },
  },
});
