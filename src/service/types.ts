import type { Project } from '../api/index.ts';
import type { WatchConfig } from '../config/types.ts';
import type { Background, Clock } from '../core/index.ts';
import type { Log } from '../logging/index.ts';
import type { Rules, RuleSet } from '../rules/index.ts';
import type { GroupStore, KnownFile } from '../store/index.ts';
import type { RootLooks } from '../watch/index.ts';
import type { FilePool, PluginPool } from '../workers/index.ts';
import type { Ownership } from './delivery/ownership.ts';
import type { SilentArchives } from './silent-archives.ts';

/** What groups are read from and written to. */
export type StoredGroups = Pick<
  GroupStore,
  | 'commit'
  | 'openDirectories'
  | 'recordDirectories'
  | 'groupsByKey'
  | 'dueGroups'
  | 'nextDeadline'
  | 'groupsDueBehind'
  | 'groupsInStates'
  | 'knownFiles'
  | 'newestFileId'
  | 'deliveredFiles'
  | 'deliveredIds'
  | 'deliveredById'
  | 'hasFilesBelow'
  | 'watchRoot'
  | 'recordWatchRoot'
  | 'archiveDevice'
  | 'recordArchiveDevice'
  | 'someArchived'
>;

/** What groups are read from and written to: the database, or memory in a dry run. */
export interface Groups extends StoredGroups {
  /** When a call last found the database away, on the monotonic clock, and began to wait for it. */
  readonly lastAway: number;
  /** Why calls have been waiting for the database for some seconds; null: none have. */
  readonly awayReason: string | null;
  /** Called when the database's server has been away and answers again. */
  onReturn: () => void;
  /** Nothing waits for the database any longer: calls fail as soon as it does. */
  close(): void;
  /**
   * `knownFiles` for whoever asks page after page: SQLite, which has no calls that let go of the loop, is asked in a thread.
   */
  knownFilesAside(pathHashes: readonly string[]): Promise<ReadonlyMap<string, KnownFile>>;
}

/** The rules in force; they can be exchanged while the service runs. */
export class CurrentRules {
  #rules: Rules;

  constructor(rules: Rules) {
    this.#rules = rules;
  }

  get version(): string {
    return this.#rules.version;
  }

  /** The rule set of a watch; loading has made sure that there is one. */
  of(watch: WatchConfig): RuleSet {
    const found = this.#rules.sets[watch.rules];
    if (found === undefined) throw new Error(`no rule set ${watch.rules}`);
    return found;
  }

  replace(rules: Rules): void {
    this.#rules = rules;
  }
}

/** What every part of the service works with. */
export interface Surroundings {
  readonly project: Pick<Project, 'config' | 'plugin'>;
  readonly rules: CurrentRules;
  readonly ownership: Ownership;
  readonly groups: Groups;
  /** Looks at the directories of watches: one a watch, also where it hangs. */
  readonly roots: RootLooks;
  /** Looks at the archives at which work takes long. */
  readonly silentArchives: SilentArchives;
  readonly files: FilePool;
  readonly plugins: PluginPool;
  /** Starts the threads that files will need which have been seen. */
  readonly warmUp: () => void;
  readonly clock: Clock;
  readonly log: Log;
  /** What runs beside the chart's own work; a stop waits for it before it closes the database. */
  readonly background: Background;
  /** Random id of this process's run; part of temporary names. */
  readonly instance: string;
  /** Nothing is written: transfers are planned only. */
  readonly dryRun: boolean;
}
