import type { GroupContext, GroupState } from '../../machines/file-group/index.ts';
import type { Log } from '../logging/index.ts';
import type { Heartbeat } from '../store/index.ts';

/** One step of a group's life, as it is counted; times in ms. */
export interface Step {
  /** Null: the group has just begun. */
  readonly from: GroupState | null;
  readonly to: GroupState;
  /** Since 1970. */
  readonly at: number;
  /** How long the group was in the state that it left; null when it has just begun. */
  readonly heldMs: number | null;
  /** The group before and after the step. */
  readonly before: GroupContext | null;
  readonly after: GroupContext;
}

/** How the service is at one moment. */
export interface VitalSigns extends Heartbeat {
  /** The first reconciliation is over. */
  readonly isReady: boolean;
  readonly isStopping: boolean;
  /** rules.toml has been changed into something invalid, and the former rules stay in force. */
  readonly rulesRejected: boolean;
  /** How long ago the scheduler last looked for deadlines, and from when on the service counts as stuck; in ms. */
  readonly sinceLookMs: number;
  readonly stuckAfterMs: number;
  /** Files and groups by the place they wait or are worked on at. */
  readonly queue: {
    /** Files that may still change. */
    readonly settling: number;
    /** Files on their way to their group. */
    readonly arriving: number;
    /** Events that wait for their group to be in memory. */
    readonly queued: number;
    /** Groups in memory. */
    readonly active: number;
    /** Groups with changes that are not written yet. */
    readonly unwritten: number;
  };
}

/** What a running service offers to whoever shows it. */
export interface ServedService {
  readonly signs: () => VitalSigns;
  /** Sends what is due now, without waiting for `poll_interval`. */
  readonly lookNow: () => void;
  readonly log: Log;
}

/** Shows the service to the outside: metrics, health, the status page. */
export interface StatusServer {
  /** A group has taken a step. */
  note(step: Step): void;
  close(): Promise<void>;
}

/** Starts to show a service; rejects when it cannot. */
export type Serve = (service: ServedService) => Promise<StatusServer>;
