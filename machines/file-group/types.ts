/**
 * The words of the file-group chart. Everything in a context or an event is
 * JSON, so that a snapshot can be stored and read again; times are milliseconds
 * since 1970-01-01T00:00:00Z.
 */

/** JSON as values. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** What tells one state of a file from the next without reading it. */
export interface FileIdentity {
  readonly sizeBytes: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly inode: number;
}

/** A settled file, as seen by an event or a scan. */
export interface SeenFile {
  /** Absolute path. */
  readonly path: string;
  /** Path relative to its watch. */
  readonly name: string;
  readonly identity: FileIdentity;
}

/** Where a component's archived copy is, and what it holds. */
export interface ArchivedCopy {
  /** Absolute path. */
  readonly path: string;
  /** SHA-256 of the bytes, 64 hex digits. */
  readonly sha256: string;
  readonly sizeBytes: number;
  /** When it was made, or found. */
  readonly at: number;
  /** The state of the source that the copy was made of, or was found equal to. */
  readonly source: FileIdentity;
}

/**
 * What the last assessment said of a component: `pending` not assessed since it
 * was seen, `waiting` lacks something beside it (a checksum file) or is still
 * changing, `passed`, or `failed` with a reason.
 */
export type Verdict = 'pending' | 'waiting' | 'passed' | 'failed';

/** One delivered file of the group. */
export interface Component {
  /** Absolute path in delivery; of a file that only an archive has, there. */
  readonly path: string;
  /** Path relative to its watch; of a file that only an archive has, its name without directories. */
  readonly name: string;
  readonly identity: FileIdentity;
  /** When it was first seen. */
  readonly detectedAt: number;
  readonly verdict: Verdict;
  /** Why the verdict is not `passed`; null: there is nothing to say. */
  readonly reason: string | null;
  /** The file is at `path`, as far as is known. */
  readonly inDelivery: boolean;
  /** The copy is where it was put, as far as is known. */
  readonly inArchive: boolean;
  /** The latest copy; null until there is one. */
  readonly archived: ArchivedCopy | null;
  /** The latest copy holds the content that is in delivery; false while a re-delivery is on its way. */
  readonly isCurrent: boolean;
  /** Of a copy that has gone: it is not expected back. Absent: nobody has said so. */
  readonly isWrittenOff?: true;
}

/** A failure as data. */
export interface Failure {
  /** Of the catalogue of errors. */
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
  /** Waiting and trying again can help. */
  readonly retryable: boolean;
  readonly at: number;
}

/** How failures are tried again, and what a re-delivery does. */
export interface GroupPolicy {
  /** Tries after the first one. */
  readonly maxRetries: number;
  readonly retryDelayMs: number;
  readonly retryBackoff: 'fixed' | 'exponential';
  readonly retryMaxDelayMs: number;
  readonly onRedelivery: 'archive' | 'ignore';
}

/** Where the decision sends the group. */
export interface Destination {
  /** Its name in config.toml. */
  readonly archive: string;
  /** Absolute directory. */
  readonly directory: string;
  /** Which rule said so. */
  readonly routedBy: string;
}

/** Everything a group is, apart from its state. */
export interface GroupContext {
  readonly watchName: string;
  readonly groupKey: string;
  readonly policy: GroupPolicy;
  /** By absolute source path. */
  readonly components: Readonly<Record<string, Component>>;
  /** 1 for the first delivery, one more for each re-delivery of changed content. */
  readonly revision: number;
  /** When the first component of this revision was seen: what the completeness time-out runs from. */
  readonly firstSeenAt: number;
  /** The rules that it was last judged by, its grouping included; null: its files were found to be its own by different ones. */
  readonly rulesVersion: string | null;
  /** What is still to come, as the rules name it. */
  readonly missing: readonly string[];
  /** When completeness times out; null: never. */
  readonly timeoutAt: number | null;
  /** What happens then; null: nothing is to time out. */
  readonly onTimeout: 'warn' | 'skip' | 'archive_partial' | null;
  /** The time-out has passed and its policy was applied. */
  readonly timedOut: boolean;
  /** Failed tries of this revision. */
  readonly attempt: number;
  /** When the service must send the next deadline event; null: none. */
  readonly dueAt: number | null;
  /** Why the group is where it is. */
  readonly reason: string | null;
  /** What the extractor found in the files as they are now; null: nothing yet, or there is none. */
  readonly metadata: Readonly<Record<string, Json>> | null;
  /** Where the decision sends the group; null: that is still to be decided. */
  readonly destination: Destination | null;
  /** The archive's action is `move` and archived sources are still in delivery. */
  readonly removesSources: boolean;
  /** What came in while sources were being transferred: a new state of a file, or null for a removed one. */
  readonly deferred: Readonly<Record<string, SeenFile | null>>;
  /** When the group was last completed; null: never. */
  readonly completedAt: number | null;
  /** Which revision that was; 0: none. */
  readonly completedRevision: number;
}

/** A file that was found in an archive and that nobody knows. */
export interface AdoptedFile {
  /** Its name without directories. */
  readonly name: string;
  /** What it holds; its `source` is the file itself. */
  readonly copy: ArchivedCopy;
}

/** A component's copy as somebody looked at it: what is said of it holds only while it is still the component's copy. */
export interface SeenCopy {
  readonly sourcePath: string;
  readonly archivePath: string;
  /** 64 hex digits; null: none is on record, its place alone tells it from another. */
  readonly sha256: string | null;
}

/** What a new group starts from. */
export interface GroupInput {
  readonly watchName: string;
  readonly groupKey: string;
  readonly policy: GroupPolicy;
  readonly files: readonly SeenFile[];
  /** Of the rules by which the files were found to be the group's; null: not known. */
  readonly rulesVersion: string | null;
  readonly at: number;
}

/** Everything that can be said to a group. */
export type GroupEvent =
  /** Files of the group have settled: new ones, or known ones with another identity. */
  | {
      readonly type: 'files.settled';
      readonly files: readonly SeenFile[];
      /** Of the rules by which they were found to be the group's; null: they were its own before. */
      readonly rulesVersion: string | null;
      readonly at: number;
    }
  /** Files of the group have left delivery, or belong to another one. */
  | {
      readonly type: 'files.removed';
      readonly paths: readonly string[];
      /** Of the other rules under which they belong to another group, and only they; absent: no others are in force. */
      readonly rulesVersion?: string;
      readonly at: number;
    }
  /** The completeness time-out is over. */
  | { readonly type: 'timeout.due'; readonly at: number }
  /** The retry delay is over. */
  | { readonly type: 'retry.due'; readonly at: number }
  /** A person asks for another try. */
  | { readonly type: 'retry.requested'; readonly at: number }
  /** Other rules are in force; it is known which files are the group's under these, or their names say it. */
  | { readonly type: 'rules.changed'; readonly rulesVersion: string; readonly at: number }
  /** Reconciliation asks to look again. */
  | { readonly type: 'assessment.requested'; readonly at: number }
  /** Archived copies are no longer in the archive. */
  | {
      readonly type: 'archive.lost';
      readonly copies: readonly SeenCopy[];
      /** Why they count as lost although something is there. */
      readonly reason?: string;
      readonly at: number;
    }
  /** Lost copies are in the archive again. */
  | { readonly type: 'archive.found'; readonly copies: readonly SeenCopy[]; readonly at: number }
  /** A person says that lost copies were removed on purpose, or will not come back. */
  | { readonly type: 'archive.writtenOff'; readonly copies: readonly SeenCopy[]; readonly at: number }
  /** Files that nobody knows were found in the archive; they belong to this group. */
  | { readonly type: 'archive.adopted'; readonly files: readonly AdoptedFile[]; readonly at: number }
  /** Of these orphans it has turned out whose copies they are: the components of another group. */
  | { readonly type: 'archive.merged'; readonly paths: readonly string[]; readonly at: number };

/** What the components look like to the effects. */
export interface GroupSubject {
  readonly watchName: string;
  readonly groupKey: string;
  readonly revision: number;
  readonly components: readonly Component[];
}

/** What `assessComponents` finds out about one component. */
export interface ComponentAssessment {
  readonly verdict: 'passed' | 'failed' | 'waiting' | 'gone';
  readonly reason: string | null;
  readonly identity: FileIdentity;
  /** The content is that of the archived copy, which is where it was put. */
  readonly unchanged: boolean;
  /** The content is that of the archived copy, which is no longer there. */
  readonly lost?: true;
}

/** What `assessComponents` answers. */
export interface Assessment {
  readonly at: number;
  readonly rulesVersion: string;
  readonly policy: GroupPolicy;
  /** By source path. */
  readonly components: Readonly<Record<string, ComponentAssessment>>;
  /** Every component the rules expect is there and has passed. */
  readonly complete: boolean;
  /** Whether the rules group files at all; without, one failed component decides. */
  readonly grouped: boolean;
  /** Whether only a plugin can say which files are the group's: an assessment does not ask it. */
  readonly groupedByPlugin: boolean;
  /**
   * Whether files belong to another group, as far as the rules say so without a plugin: some; only such as are archived as they
   * are, which stay once their whole revision is; none.
   */
  readonly others: 'some' | 'archived' | 'none';
  /** What is still to come, as the rules name it. */
  readonly missing: readonly string[];
  /** How long the group may take to be complete; null: for ever. */
  readonly timeoutMs: number | null;
  readonly onTimeout: 'warn' | 'skip' | 'archive_partial' | null;
  /** Whether the rule set names an extractor. */
  readonly extracts: boolean;
}

/** What `extractMetadata` answers. */
export interface Extraction {
  readonly at: number;
  readonly metadata: Readonly<Record<string, Json>>;
}

/** What `adoptComponents` answers. */
export interface Adoption {
  readonly at: number;
  readonly rulesVersion: string;
  readonly policy: GroupPolicy;
  /** The archive holds everything that the rules expect. */
  readonly complete: boolean;
  readonly missing: readonly string[];
  /** What the extractor made of the archived files; null: nothing was extracted. */
  readonly metadata: Readonly<Record<string, Json>> | null;
}

/** What one rule says of a group, with the values it saw in words. */
export interface RuleVerdict {
  /** `selection block 1`, `routing rule 2 (*.json)`, `rule set "images"`. */
  readonly rule: string;
  /** The block holds; the routing rule answers. */
  readonly holds: boolean;
  readonly reason: string;
}

/** Which rules were asked for a decision, and what each of them said. */
export interface Explanation {
  readonly ruleSet: string;
  readonly rulesVersion: string;
  readonly selection: readonly RuleVerdict[];
  readonly routing: readonly RuleVerdict[];
}

/** What `decide` answers. */
export type Verdicts = (
  | {
      readonly at: number;
      readonly outcome: 'selected';
      readonly destination: Destination;
      readonly reason: string | null;
    }
  | { readonly at: number; readonly outcome: 'rejected'; readonly reason: string }
  | { readonly at: number; readonly outcome: 'unroutable'; readonly failure: Failure }
) & { readonly explanation?: Explanation };

/** What `transferComponents` answers for one component. */
export type ComponentTransfer =
  | { readonly outcome: 'archived'; readonly copy: ArchivedCopy; readonly identity: FileIdentity }
  | { readonly outcome: 'changed' | 'gone' }
  /** `identity`: the source afterwards, where the transfer itself has changed it. */
  | { readonly outcome: 'failed'; readonly failure: Failure; readonly identity?: FileIdentity };

/** What `transferComponents` answers. */
export interface Transfer {
  readonly at: number;
  /** By source path. */
  readonly components: Readonly<Record<string, ComponentTransfer>>;
  /** The archive's action is `move`: the sources are still there and must be removed. */
  readonly removesSources: boolean;
}

/** What `removeSources` answers. */
export interface SourceRemoval {
  readonly at: number;
  /** Source paths that are no longer in delivery. */
  readonly removed: readonly string[];
}

/** The chart's states. */
export const groupStates = [
  'assessing',
  'waiting',
  'timedOut',
  'integrityFailed',
  'extracting',
  'deciding',
  'notSelected',
  'transferring',
  'removingSources',
  'adopting',
  'retryPending',
  'archived',
  'missing',
  'writtenOff',
  'failed',
  'cleared',
] as const;

/** One of {@link groupStates}. */
export type GroupState = (typeof groupStates)[number];
