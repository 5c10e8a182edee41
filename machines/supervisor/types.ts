import type { ActorRefFrom } from 'xstate';
import type { watchMachine, WatchInput, WatchReport } from '../watch/index.ts';

/** How a watch is, as its supervisor knows it. */
export interface WatchHealth {
  readonly health: 'watching' | 'scanning' | 'lost';
  readonly reason: string | null;
}

/** What the service is told at its start. */
export interface SupervisorInput {
  /** Process all that is there and end. */
  readonly once: boolean;
  readonly watches: readonly WatchInput[];
  readonly reconcileEveryMs: number;
}

/** The context of the supervisor. */
export interface SupervisorContext extends SupervisorInput {
  /** By watch name. */
  readonly health: Readonly<Record<string, WatchHealth>>;
  /** The rules on disk are invalid. */
  readonly areRulesRejected: boolean;
  readonly failure: string | null;
  /** A watch has overflowed, or the database has returned, while a reconciliation was under way. */
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
  /** The database's server was away and answers again: it may be another one, and lack what was recorded last. */
  | { readonly type: 'database.returned' }
  /** Take no more work, let the running finish, end. */
  | { readonly type: 'stop.requested' }
  /** A part that must never fail has failed. */
  | { readonly type: 'service.failed'; readonly reason: string };

/** What reading the rules again gives. */
export type RulesAnswer =
  | { readonly outcome: 'unchanged' }
  | { readonly outcome: 'changed'; readonly version: string }
  | { readonly outcome: 'invalid'; readonly problems: readonly string[] };
