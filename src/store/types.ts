import type { StoredMetadata } from '../core/index.ts';
import type { ComponentStatus, SnapshotEnvelope } from '../../machines/file-group/index.ts';

/** Which state of a group's row is meant. */
export interface GroupVersion {
  readonly keyHash: string;
  readonly lockVersion: number;
}

/** A group as it is read back: what it takes to activate its actor. */
export interface StoredGroup {
  readonly id: number;
  readonly watchName: string;
  readonly groupKey: string;
  readonly keyHash: string;
  /** The chart's state in snake case. */
  readonly state: string;
  readonly lockVersion: number;
  /** Since when it is in that state, ms since 1970. */
  readonly stateSince: number;
  /** Its deadline, its own or one that somebody has set; ms since 1970. */
  readonly dueAt: number | null;
  readonly envelope: SnapshotEnvelope;
}

/** A file that the database knows, with what tells whether it has changed. */
export interface KnownFile {
  readonly id: number;
  readonly pathHash: string;
  readonly sourcePath: string;
  readonly groupKey: string;
  readonly watchName: string;
  readonly detectedAt: number;
  readonly status: ComponentStatus;
  readonly inDelivery: boolean;
  readonly sizeBytes: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly inode: number;
  /** It has a reason of its own why it is as it is. */
  readonly hasReason: boolean;
}

/** One row of `file_components` to write; times in ms since 1970. */
export interface ComponentWrite {
  readonly sourcePath: string;
  readonly pathHash: string;
  readonly watchName: string;
  readonly filename: string;
  readonly archivePath: string | null;
  readonly sizeBytes: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly inode: number;
  readonly sha256: string | null;
  readonly status: ComponentStatus;
  readonly inDelivery: boolean;
  readonly inArchive: boolean;
  readonly errorMessage: string | null;
  readonly retryCount: number;
  readonly lastRetryAt: number | null;
  readonly detectedAt: number;
  readonly archivedAt: number | null;
  readonly clearedAt: number | null;
}

/** One row of `group_transitions` to add. */
export interface TransitionWrite {
  readonly at: number;
  /** In snake case; null: the group was new. */
  readonly fromState: string | null;
  readonly toState: string;
  readonly event: string;
  readonly reason: string | null;
  readonly revision: number;
  readonly attempt: number;
  readonly rulesVersion: string | null;
  /** Name of the host that records it. */
  readonly node: string;
  /** What it was decided by, as the JSON that `factsOf` makes; null: the event says it all. */
  readonly facts: string | null;
}

/** A copy that a later revision has got a name beside: it stays in the archive. Times in ms since 1970. */
export interface FormerCopyWrite {
  readonly archivePath: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly archivedAt: number;
}

/** Everything that changed of one group since it was last written. */
export interface GroupWrite {
  /** Null: a new group. */
  readonly id: number | null;
  /** What the row's `lock_version` must be; it is one more afterwards. */
  readonly lockVersion: number;
  readonly watchName: string;
  readonly fileType: string | null;
  readonly groupKey: string;
  readonly keyHash: string;
  readonly state: string;
  readonly stateSince: number;
  readonly reason: string | null;
  readonly revision: number;
  readonly attempt: number;
  readonly rulesVersion: string | null;
  readonly dueAt: number | null;
  readonly complete: boolean;
  readonly completedAt: number | null;
  /** The group has completed with this write: it takes the next place in the order of completion. */
  readonly completes: boolean;
  readonly archivePath: string | null;
  /** New metadata to store, or null: leave what is there. */
  readonly metadata: StoredMetadata | null;
  readonly createdAt: number;
  readonly modifiedAt: number;
  readonly components: readonly ComponentWrite[];
  /** Path keys of rows that are the group's no longer: orphans that a delivered file has taken the place of. */
  readonly removedComponents: readonly string[];
  readonly formerCopies: readonly FormerCopyWrite[];
  readonly transitions: readonly TransitionWrite[];
  readonly envelope: SnapshotEnvelope;
}

/** A batch's outcome for one group: its id and new lock version. */
export interface GroupWritten {
  readonly id: number;
  readonly lockVersion: number;
}

/** Groups of a watch that could not be recorded or resumed, and are tried again: how many, and one of them with the reason. */
export interface StuckReport {
  readonly groups: number;
  readonly groupKey: string;
  readonly reason: string;
}

/** Files of a watch that no group has, since the grouping function fails for them: how many, and one of them with the reason. */
export interface UngroupedReport {
  readonly files: number;
  readonly path: string;
  readonly reason: string;
}
