import { pause, type Clock } from '../../core/index.ts';
import { CarbonationError, messageOf } from '../../errors/index.ts';
import type { Log } from '../../logging/index.ts';
import {
  isAway,
  isBroken,
  isLimit,
  isOversize,
  isServerAway,
  type GroupWrite,
  type GroupWritten,
  type KnownFile,
} from '../../store/index.ts';
import type { Groups, StoredGroups } from '../types.ts';

/** Waits between tries while the database is away, in ms; the last one repeats. */
const awayDelaysMs = [100, 500, 1000, 2000, 5000, 10_000] as const;

/** After so many tries in vain it shows that the database does not do all of its work, while it may take heartbeats. */
const triesUntilShown = 4;

/**
 * How often the connection may end over the same groups while the database answers otherwise: then it is they that end it. Of many
 * the writer finds out which; of one it is said.
 */
const mostBreaks = { ofMany: 2, ofOne: 5 } as const;

/** How long a call may go without an answer until that is said, in ms. */
const silentMs = 30_000;

/** What does not hold up the loop while the database does it. */
type Aside = Pick<StoredGroups, 'commit' | 'recordDirectories' | 'knownFiles'>;

/**
 * Groups whose database may go away: every call waits for it to come back and
 * then goes on, so that nothing that asks can lose what it had in hand.
 */
export class PatientGroups implements Groups {
  readonly #groups: StoredGroups;
  readonly #aside: Aside;
  readonly #clock: Clock;
  readonly #log: Log;
  /** Calls that wait for the database to come back, and those that it has not answered for long. */
  #waiting = 0;
  #unanswered = 0;
  lastAway = -Infinity;
  awayReason: string | null = null;
  /** While calls wait: the server itself has gone. */
  #isServerAway = false;
  #isClosed = false;
  onReturn: () => void = () => undefined;

  // Of these the answer is only waited for.
  readonly openDirectories: Groups['openDirectories'] = (...asked) =>
    this.#ask(() => this.#groups.openDirectories(...asked));
  readonly groupsByKey: Groups['groupsByKey'] = (...asked) => this.#ask(() => this.#groups.groupsByKey(...asked));
  readonly dueGroups: Groups['dueGroups'] = (...asked) => this.#ask(() => this.#groups.dueGroups(...asked));
  readonly nextDeadline: Groups['nextDeadline'] = (...asked) => this.#ask(() => this.#groups.nextDeadline(...asked));
  readonly groupsDueBehind: Groups['groupsDueBehind'] = (...asked) =>
    this.#ask(() => this.#groups.groupsDueBehind(...asked));
  readonly groupsInStates: Groups['groupsInStates'] = (...asked) =>
    this.#ask(() => this.#groups.groupsInStates(...asked));
  readonly knownFiles: Groups['knownFiles'] = (...asked) => this.#ask(() => this.#groups.knownFiles(...asked));
  readonly newestFileId: Groups['newestFileId'] = (...asked) => this.#ask(() => this.#groups.newestFileId(...asked));
  readonly deliveredFiles: Groups['deliveredFiles'] = (...asked) =>
    this.#ask(() => this.#groups.deliveredFiles(...asked));
  readonly deliveredIds: Groups['deliveredIds'] = (...asked) => this.#ask(() => this.#groups.deliveredIds(...asked));
  readonly deliveredById: Groups['deliveredById'] = (...asked) => this.#ask(() => this.#groups.deliveredById(...asked));
  readonly hasFilesBelow: Groups['hasFilesBelow'] = (...asked) => this.#ask(() => this.#groups.hasFilesBelow(...asked));
  readonly watchRoot: Groups['watchRoot'] = (...asked) => this.#ask(() => this.#groups.watchRoot(...asked));
  readonly recordWatchRoot: Groups['recordWatchRoot'] = (...asked) =>
    this.#ask(() => this.#groups.recordWatchRoot(...asked));
  readonly archiveDevice: Groups['archiveDevice'] = (...asked) => this.#ask(() => this.#groups.archiveDevice(...asked));
  readonly recordArchiveDevice: Groups['recordArchiveDevice'] = (...asked) =>
    this.#ask(() => this.#groups.recordArchiveDevice(...asked));
  readonly someArchived: Groups['someArchived'] = (...asked) => this.#ask(() => this.#groups.someArchived(...asked));
  readonly recordDirectories: Groups['recordDirectories'] = (change) =>
    this.#ask(() => this.#aside.recordDirectories(change));

  /** @param aside - what writes groups and reads many files, if not the same that does everything else */
  constructor(groups: StoredGroups, clock: Clock, log: Log, aside: Aside = groups) {
    this.#groups = groups;
    this.#aside = aside;
    this.#clock = clock;
    this.#log = log;
  }

  close(): void {
    this.#isClosed = true;
  }

  commit(writes: readonly GroupWrite[]): Promise<readonly GroupWritten[]> {
    const most = writes.length > 1 ? mostBreaks.ofMany : mostBreaks.ofOne;
    let breaks = 0;
    const call = async () => {
      for (;;) {
        // A database that is away does not answer this either, and is waited for.
        if (breaks > 0) await this.#groups.newestFileId();
        try {
          const written = await this.#aside.commit(writes);
          if (breaks > 0) this.#noteBreak();
          return written;
        } catch (error) {
          if (isOversize(error)) throw refused(error);
          if (this.#isClosed || !isBroken(error)) throw error;
          breaks += 1;
          if (breaks >= most) throw refused(error);
          await pause(this.#clock, awayDelayMs(breaks - 1));
        }
      }
    };
    // Of many groups that are too much at once the writer makes fewer.
    return this.#ask(call, (error) => isAway(error) && !isRefused(error) && (writes.length <= 1 || !isLimit(error)));
  }

  async knownFilesAside(pathHashes: readonly string[]): Promise<ReadonlyMap<string, KnownFile>> {
    try {
      return await this.#aside.knownFiles(pathHashes);
    } catch {
      // It is only quicker: whether something is wrong with the database is found out, and waited for, without it.
      return await this.knownFiles(pathHashes);
    }
  }

  async #ask<Answer>(call: () => Promise<Answer>, mayPass: (error: unknown) => boolean = isAway): Promise<Answer> {
    try {
      return await this.#answer(call);
    } catch (error) {
      if (this.#isClosed || !mayPass(error)) throw error;
      return await this.#askAgain(call, mayPass, error);
    }
  }

  /** What the database answers; that it keeps silent is said. */
  async #answer<Answer>(call: () => Promise<Answer>): Promise<Answer> {
    let isLong = false;
    const timer = this.#clock.after(silentMs, () => {
      isLong = true;
      this.#unanswered += 1;
      if (this.#unanswered === 1)
        this.#log.error('the database keeps silent; work waits for it', { seconds: silentMs / 1000 });
    });
    try {
      return await call();
    } finally {
      timer.cancel();
      if (isLong) this.#unanswered -= 1;
      if (isLong && this.#unanswered === 0) this.#log.info('the database keeps silent no longer');
    }
  }

  /** Only a call that waited can tell that the database is back: reads may be answered while every write fails. */
  async #askAgain<Answer>(
    call: () => Promise<Answer>,
    mayPass: (error: unknown) => boolean,
    first: unknown,
  ): Promise<Answer> {
    this.#waiting += 1;
    if (isServerAway(first)) this.#isServerAway = true;
    if (this.#waiting === 1)
      this.#log.error('the database does not answer; work waits for it', { reason: messageOf(first) });
    try {
      for (let attempt = 0; ; attempt += 1) {
        this.lastAway = this.#clock.monotonic();
        await pause(this.#clock, awayDelayMs(attempt));
        if (this.#isClosed)
          throw new CarbonationError('DATABASE_UNREACHABLE', 'the database was away when the service stopped');
        try {
          const answer = await this.#answer(call);
          if (this.#waiting === 1) this.#noteReturn();
          return answer;
        } catch (error) {
          if (this.#isClosed || !mayPass(error)) throw error;
          if (isServerAway(error)) this.#isServerAway = true;
          if (attempt >= triesUntilShown) this.awayReason = messageOf(error);
        }
      }
    } finally {
      this.#waiting -= 1;
      if (this.#waiting === 0) this.awayReason = null;
    }
  }

  /** Another server may have taken over, and be answering at once. */
  #noteBreak(): void {
    this.#isServerAway = true;
    if (this.#waiting === 0) this.#tellReturn();
  }

  #noteReturn(): void {
    this.#log.success('the database answers again');
    this.#tellReturn();
  }

  #tellReturn(): void {
    if (!this.#isServerAway) return;
    this.#isServerAway = false;
    this.onReturn();
  }
}

function awayDelayMs(attempt: number): number {
  return awayDelaysMs[Math.min(attempt, awayDelaysMs.length - 1)] ?? 10_000;
}

function refused(cause: unknown): CarbonationError {
  return new CarbonationError('RECORD_REFUSED', `the database does not take the record: ${messageOf(cause)}`, {
    cause,
  });
}

function isRefused(error: unknown): boolean {
  return error instanceof CarbonationError && error.code === 'RECORD_REFUSED';
}
