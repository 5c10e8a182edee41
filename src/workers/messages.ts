import type { ArchiveAction, ConflictPolicy, VerifyMode } from '../config/types.ts';
import type { FileIdentity, StoredMetadata } from '../core/index.ts';
import type { PlainError } from '../errors/index.ts';
import type { IntegrityCheck } from '../rules/types.ts';

/** What goes to a worker thread and comes back: plain data only. */

/** A file as it was when it settled. */
export interface SourceFile {
  readonly path: string;
  /** Its path relative to its watch. */
  readonly name: string;
  readonly identity: FileIdentity;
}

/** Where a copy was put. */
export interface ArchivedPlace {
  readonly path: string;
  readonly sizeBytes: number;
  /** The archive's. */
  readonly basePath: string;
  /** What `basePath` must be: where its disk is not mounted, nothing is concluded from what is not there. */
  readonly root: RootIdentity;
}

/** The components of one group to inspect. */
export interface InspectRequest {
  readonly files: readonly (SourceFile & {
    /** SHA-256 of the archived copy, when it must be found out whether the content is the same. */
    readonly archivedSha256: string | null;
    /** Where that copy must be for the content to be the same; absent: it is not looked for. */
    readonly copy?: ArchivedPlace;
    /** Copies of files of checksums that were beside it and have been moved into an archive, by the names they had. */
    readonly moved?: Readonly<Record<string, string>>;
  })[];
  /** Checks that need no plugin. */
  readonly checks: readonly IntegrityCheck[];
  readonly followSymlinks: boolean;
}

/** What an inspection found out about one file. */
export type InspectedFile =
  | {
      readonly verdict: 'passed';
      readonly unchanged: boolean;
      /** Its content is that of the archived copy, and the copy is not where it was put. */
      readonly lost?: true;
      /** A manifest: the files that it lists and that are not there. */
      readonly absent?: readonly string[];
    }
  | {
      readonly verdict: 'failed';
      readonly reason: string;
      /** The file may not be read: that says nothing of its content. */
      readonly isUnreadable?: true;
    }
  /** Something beside the file is missing. */
  | { readonly verdict: 'waiting'; readonly reason: string }
  /** Not in the state in which it settled: it must settle again. */
  | { readonly verdict: 'changed' }
  | { readonly verdict: 'gone' };

/** Which directory the path of an archive leads to. */
export interface RootIdentity {
  readonly device: number;
  /** Null: whichever, as where directories have other numbers each time. */
  readonly inode: number | null;
}

/** The components of one group to put into an archive. */
export interface TransferRequest {
  /** Makes temporary names unique among processes. */
  readonly owner: string;
  /** The archive's. */
  readonly basePath: string;
  /** What `basePath` must be; null: it may be made. */
  readonly root: RootIdentity | null;
  /** Below it. */
  readonly directory: string;
  readonly action: ArchiveAction;
  readonly createDirectories: boolean;
  readonly fileMode: number;
  readonly dirMode: number;
  readonly onConflict: ConflictPolicy;
  readonly verify: VerifyMode;
  readonly durable: boolean;
  readonly followSymlinks: boolean;
  /** Where a failed transfer may have left temporary names of these files; null: nowhere. */
  readonly sweeps: string | null;
  /** Copies of other files of the group, which none of these takes the place of. */
  readonly kept: readonly string[];
  readonly files: readonly SourceFile[];
}

/** What became of one file. */
export type TransferredFile =
  | {
      readonly outcome: 'archived';
      readonly path: string;
      readonly sha256: string;
      readonly sizeBytes: number;
      /** The source afterwards: a link changes its ctime. */
      readonly identity: FileIdentity;
    }
  | { readonly outcome: 'changed' }
  | { readonly outcome: 'gone' }
  /** `identity`: of the source afterwards, where a link has changed its ctime. */
  | { readonly outcome: 'failed'; readonly error: PlainError; readonly identity?: FileIdentity };

/** Archived sources to remove (the end of a move). */
export interface RemoveRequest {
  readonly followSymlinks: boolean;
  readonly files: readonly (SourceFile & {
    /** The copy without which the source is kept; null: it has been read back just now, and nothing takes its place. */
    readonly copy: { readonly path: string; readonly sha256: string; readonly sizeBytes: number } | null;
  })[];
}

/** What became of one source: `kept` because it is no longer the file that was archived, `gone` because it was not there. */
export type RemovedFile =
  | { readonly outcome: 'removed' | 'kept' | 'gone' }
  | { readonly outcome: 'failed'; readonly error: PlainError };

/** Archived files to read to their ends. */
export interface ReadRequest {
  readonly paths: readonly string[];
}

/** What one of them holds: `other` is not a file at all, `unreadable` says nothing about its content. */
export type ReadFile =
  | { readonly outcome: 'read'; readonly sha256: string; readonly sizeBytes: number; readonly identity: FileIdentity }
  | { readonly outcome: 'gone' }
  | { readonly outcome: 'other' | 'unreadable'; readonly reason: string };

/** A directory of an archive to remove from what dead runs left there. */
export interface SweepRequest {
  readonly directory: string;
  /** Whose temporary names stay: they are in use. */
  readonly owner: string;
}

/** A group to extract metadata from. */
export interface ExtractRequest {
  readonly kind: 'extract';
  readonly name: string;
  readonly files: readonly string[];
  readonly watchName: string;
  readonly fileType: string | null;
  readonly groupKey: string;
}

/** A plugin function to call. */
export interface CallRequest {
  readonly kind: 'group' | 'select' | 'route' | 'integrity';
  readonly name: string;
  readonly filePath: string | null;
  readonly metadata: StoredMetadata | null;
  readonly kwargs: Readonly<Record<string, unknown>>;
}

/** What goes to the plugin's threads. */
export type PluginRequest = ExtractRequest | CallRequest;

/** A plugin's answer, or its failure. */
export type PluginAnswer =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: PlainError };

/** A batch for the plugin's threads, with the place where the thread notes that it gets on. */
export interface PluginBatch {
  readonly requests: readonly PluginRequest[];
  readonly timeoutMs: number;
  /** One Int32: how many requests have been started or finished; 0 while the thread starts and loads the plugin. */
  readonly progress: SharedArrayBuffer;
}

/** The answers to a batch, in order; null: its time was over, in which others were at work as well. */
export type PluginAnswers = readonly (PluginAnswer | null)[];
