import { assign, fromCallback, fromPromise, sendParent, setup, type CallbackLogicFunction } from 'xstate';

/** What a watch is told at its start. */
export interface WatchInput {
  readonly name: string;
  /** How often a lost directory is looked for, in milliseconds. */
  readonly probeEveryMs: number;
}

/** The context of a watch. */
export interface WatchContext extends WatchInput {
  /** Why the watch is not `watching`, in one sentence. */
  readonly reason: string | null;
}

/** What the directory's listener reports. */
export type WatchEvent =
  /** Events flow. */
  | { readonly type: 'listener.ready' }
  /** The system grants no (more) events; scanning takes over. */
  | { readonly type: 'listener.limited'; readonly reason: string }
  /** Events were lost: what is on disk must be read again. */
  | { readonly type: 'listener.overflowed'; readonly reason: string }
  /** The directory cannot be read, or it is no longer the same one. */
  | { readonly type: 'directory.lost'; readonly reason: string }
  /** A person or the supervisor asks for the end. */
  | { readonly type: 'watch.stopped' };

/** What a watch tells its supervisor. */
export type WatchReport =
  | {
      readonly type: 'watch.opened';
      readonly name: string;
      /** `scanning`: the system grants no more events. */
      readonly health: 'watching' | 'scanning';
      readonly reason: string | null;
    }
  | { readonly type: 'watch.lost'; readonly name: string; readonly reason: string }
  | { readonly type: 'watch.overflowed'; readonly name: string; readonly reason: string };

/** The reason that an event gives. */
function told({ event }: { event: { reason: string } }): { reason: string } {
  return { reason: event.reason };
}

/** What an effect has thrown. */
function thrown({ event: { error } }: { event: { error: unknown } }): { reason: string } {
  return { reason: error instanceof Error ? error.message : String(error) };
}

const lose = { target: 'lost', actions: { type: 'keepReason', params: thrown } } as const;

type Listen = CallbackLogicFunction<{ type: 'ignored' }, WatchEvent, WatchInput>;

/**
 * One delivery directory: `opening` until its listener is ready, `watching` by
 * events or `scanning` without them, `lost` while the directory is away. It
 * reports health only; the files themselves go from the listener to settling.
 */
export const watchMachine = setup({
  types: { context: {} as WatchContext, events: {} as WatchEvent, input: {} as WatchInput },
  actors: {
    listen: fromCallback<{ type: 'ignored' }, WatchInput>((() => {
      throw new Error('the effect listen is not provided');
    }) satisfies Listen),
    probe: fromPromise<void, WatchInput>(() => Promise.reject(new Error('the effect probe is not provided'))),
  },
  actions: {
    keepReason: assign((_, params: { reason: string | null }) => ({ reason: params.reason })),
    reportOpened: sendParent(({ context }, params: { health: 'watching' | 'scanning' }): WatchReport => ({
      type: 'watch.opened',
      name: context.name,
      health: params.health,
      reason: context.reason,
    })),
    reportLost: sendParent(({ context }): WatchReport => ({
      type: 'watch.lost',
      name: context.name,
      reason: context.reason ?? 'not readable',
    })),
    reportOverflow: sendParent(({ context }, params: { reason: string }): WatchReport => ({
      type: 'watch.overflowed',
      name: context.name,
      reason: params.reason,
    })),
  },
  delays: { probeEvery: ({ context }) => context.probeEveryMs },
}).createMachine({
  id: 'watch',
  initial: 'probing',
  context: ({ input }) => ({ ...input, reason: null }),
  on: { 'watch.stopped': '.stopped' },
  states: {
    probing: {
      description: 'Is the directory there, and may it be read?',
      invoke: {
        id: 'probe',
        src: 'probe',
        input: ({ context }) => context,
        onDone: { target: 'open', actions: { type: 'keepReason', params: { reason: null } } },
        onError: lose,
      },
    },
    open: {
      description: 'The listener is at work.',
      initial: 'opening',
      invoke: {
        id: 'listen',
        src: 'listen',
        input: ({ context }) => context,
        onError: lose,
      },
      on: {
        'directory.lost': { target: 'lost', actions: { type: 'keepReason', params: told } },
        'listener.overflowed': { actions: { type: 'reportOverflow', params: told } },
        'listener.limited': { target: '.scanning', actions: { type: 'keepReason', params: told } },
      },
      states: {
        opening: { description: 'The listener is being set up.', on: { 'listener.ready': 'watching' } },
        watching: {
          description: 'Files are reported by events.',
          entry: { type: 'reportOpened', params: { health: 'watching' } },
        },
        scanning: {
          description: 'The system grants no events; the directory is scanned instead.',
          entry: { type: 'reportOpened', params: { health: 'scanning' } },
          // The system says so once for every directory it grants no events for; once is enough.
          on: { 'listener.limited': {}, 'listener.ready': 'watching' },
        },
      },
    },
    lost: {
      description: 'The directory is away; nothing is cleared, and the service looks for it again.',
      entry: 'reportLost',
      after: { probeEvery: 'probing' },
    },
    stopped: { description: 'The watch has ended.', type: 'final' },
  },
});
