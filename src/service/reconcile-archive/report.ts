/** What reconciling archives came to, by the names that the command prints. */
export interface ArchiveCounts {
  /** Files in the archives; where a brake held, those of them that are on record, since others were not looked for. */
  readonly found: number;
  /** Rows that were made for files the database lacked. */
  readonly created: number;
  /** Rows whose flag `in_archive` was set or taken away. */
  readonly updated_flag: number;
  /** Files the database has and the archives have not, also those that were known to be missing. */
  readonly missing: number;
  /** Files the archives have not, and that are not expected back; no longer counted as missing. */
  readonly written_off: number;
  /** Missing files that are there again, with the recorded content. */
  readonly recovered: number;
  /** Rows of found files that turned out to be copies of delivered ones. */
  readonly dedup_removed: number;
  readonly groups_created: number;
  readonly groups_completed: number;
  readonly metadata_extracted: number;
  /** Files nobody knows that no pattern of the watch takes. */
  readonly ignored: number;
  /** Files left alone: their group was in the middle of something, has another copy by now, or could not be reached. */
  readonly busy: number;
  /** Files that were read and found as recorded. */
  readonly verified: number;
  /** Files that hold something else than is recorded. */
  readonly damaged: number;
  /** Bytes that were read. */
  readonly bytes: number;
}

/** A file that is not as recorded, and why. */
export interface DamagedFile {
  readonly path: string;
  readonly reason: string;
}

/** The report of a reconciliation of archives. */
export interface ArchiveReport {
  readonly counts: ArchiveCounts;
  /** The first of them; all are in the database. */
  readonly missingFiles: readonly string[];
  /** The first of those that were written off now. */
  readonly writtenOffFiles: readonly string[];
  readonly damagedFiles: readonly DamagedFile[];
  /** What could not be read or done, one sentence each. */
  readonly problems: readonly string[];
  /** Entries that the lists above leave out. */
  readonly unlisted: number;
  /** Why nothing was changed; null: no brake. */
  readonly brake: string | null;
  /** It was cut short by a signal. */
  readonly isInterrupted: boolean;
  /** The audit that was gone on with, when it began (ISO 8601) and how many files it had read; null: a new one, or none. */
  readonly resumed: { readonly startedAt: string; readonly verified: number } | null;
  readonly dryRun: boolean;
}

/** Entries of a list that are kept; more are only counted. */
const longestList = 10_000;

const zero: ArchiveCounts = {
  found: 0,
  created: 0,
  updated_flag: 0,
  missing: 0,
  written_off: 0,
  recovered: 0,
  dedup_removed: 0,
  groups_created: 0,
  groups_completed: 0,
  metadata_extracted: 0,
  ignored: 0,
  busy: 0,
  verified: 0,
  damaged: 0,
  bytes: 0,
};

/** What a reconciliation of archives counts and lists on its way. */
export class ArchiveTally {
  readonly #counts: Record<keyof ArchiveCounts, number> = { ...zero };
  readonly #missing = new Set<string>();
  readonly #writtenOff: string[] = [];
  readonly #damaged: DamagedFile[] = [];
  readonly #problems: string[] = [];
  #unlisted = 0;
  #resumed: ArchiveReport['resumed'] = null;
  brake: string | null = null;
  isInterrupted = false;

  add(what: keyof ArchiveCounts, count = 1): void {
    this.#counts[what] += count;
  }

  get counts(): ArchiveCounts {
    return this.#counts;
  }

  missing(path: string): void {
    this.add('missing');
    if (this.#missing.size < longestList) this.#missing.add(path);
    else this.#unlisted += 1;
  }

  /** One that was missing is no longer expected back. */
  writtenOff(path: string): void {
    this.add('missing', -1);
    this.add('written_off');
    // One that is not listed stays so.
    if (this.#missing.delete(path)) this.#writtenOff.push(path);
  }

  damaged(file: DamagedFile): void {
    this.add('damaged');
    this.#keep(this.#damaged, file);
  }

  problem(sentence: string): void {
    this.#keep(this.#problems, sentence);
  }

  resumedFrom(startedAt: number, verified: number): void {
    this.#resumed = { startedAt: new Date(startedAt).toISOString(), verified };
  }

  report(dryRun: boolean): ArchiveReport {
    return {
      counts: { ...this.#counts },
      missingFiles: [...this.#missing],
      writtenOffFiles: this.#writtenOff,
      damagedFiles: this.#damaged,
      problems: this.#problems,
      unlisted: this.#unlisted,
      brake: this.brake,
      isInterrupted: this.isInterrupted,
      resumed: this.#resumed,
      dryRun,
    };
  }

  #keep<Item>(list: Item[], item: Item): void {
    if (list.length < longestList) list.push(item);
    else this.#unlisted += 1;
  }
}
