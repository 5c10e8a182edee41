import { pause } from '../../core/index.ts';
import {
  isAway,
  type ArchivedFile,
  type ArchiveStore,
  type AuditPosition,
  type FormerFile,
} from '../../store/index.ts';
import type { ReadFile } from '../../workers/index.ts';
import type { ArchiveBrake } from './brake.ts';
import type { ArchiveGroups } from './groups.ts';
import { readAll, wordOf } from './reading.ts';
import type { ArchiveTally } from './report.ts';
import { isInScope, type ArchiveScope } from './scope.ts';
import { isOwnSource, ownSource } from './own-source.ts';
import type { Surroundings } from '../types.ts';

/** Bytes that are read until the progress is recorded. */
const pageBytes = 1024 * 1024 * 1024;

/** How often a record is tried while the database does not answer, and how long between the tries, in ms. */
const mostTries = 30;
const tryAgainMs = 1000;

/** What an audit needs. */
export interface VerifyOptions {
  readonly around: Surroundings;
  readonly store: ArchiveStore;
  readonly groups: ArchiveGroups;
  readonly tally: ArchiveTally;
  /** Whether what is gone is believed to be gone. */
  readonly brake: ArchiveBrake;
  /** Begin anew, also where an audit was cut short. */
  readonly restart: boolean;
  /** Files that are read until the progress is recorded. */
  readonly pageSize: number;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, total: number) => void;
}

/** A file that does not hold what is recorded. */
interface Differing {
  readonly file: ArchivedFile;
  /** What it holds; null: nothing that could be read as a file. */
  readonly sha256: string | null;
  /** Null: it is gone. */
  readonly reason: string | null;
}

/**
 * Reads every archived file and compares it with its recorded SHA-256. How far
 * it has got is recorded page by page, after what was found on the page: cut
 * short at any moment, the next audit of the same scope goes on there. So does
 * one that was stopped at a page of which nothing may be concluded.
 */
export class ArchiveVerifier {
  readonly #options: VerifyOptions;
  #isStopped = false;

  constructor(options: VerifyOptions) {
    this.#options = options;
  }

  async verify(scope: ArchiveScope): Promise<void> {
    const { store, around, signal } = this.#options;
    const total = await store.countBelow(scope.path);
    const start = await this.#begin(scope);
    const position = await this.#verifyCopies(scope, start, total);
    const end = await this.#verifyFormer(scope, position);
    const isFinished = !signal.aborted && !this.#isStopped;
    if (!around.dryRun) await this.#answered(() => store.recordAudit(end, around.clock.now(), isFinished));
  }

  /** A new audit, or the one that was cut short. */
  async #begin(scope: ArchiveScope): Promise<AuditPosition> {
    const { store, around, tally, restart } = this.#options;
    const text = JSON.stringify({ path: scope.path, archives: scope.archives.map(({ name }) => name) });
    const open = restart ? null : await store.openAudit(text);
    if (open !== null && open.lastComponentId > 0) {
      tally.resumedFrom(open.startedAt, open.verified);
      const startedAt = new Date(open.startedAt).toISOString();
      around.log.info('going on with an audit that was cut short', {
        path: scope.path,
        startedAt,
        verified: open.verified,
      });
      return open;
    }
    const at = around.clock.now();
    if (around.dryRun)
      return { id: 0, startedAt: at, lastComponentId: 0, lastFormerId: 0, verified: 0, damaged: 0, bytes: 0 };
    return store.startAudit(text, at);
  }

  async #verifyCopies(scope: ArchiveScope, start: AuditPosition, total: number): Promise<AuditPosition> {
    const { store, around, signal, pageSize, onProgress } = this.#options;
    let position = start;
    let recorded: Promise<AuditPosition> = Promise.resolve(position);
    let done = position.verified + position.damaged;
    for (let lastId = position.lastComponentId; !signal.aborted;) {
      const files = withinBytes(await store.filesBelow(scope.path, lastId, pageSize));
      const last = files.at(-1);
      if (last === undefined) break;
      lastId = last.id;
      const wanted = files.filter(({ inArchive, archivePath }) => inArchive && isInScope(scope, archivePath));
      const results = await readAll(around.files, wanted);
      // The page before is recorded while this one is read.
      position = await recorded;
      if (this.#isStopped) break;
      recorded = this.#take(scope, wanted, results, position, last.id);
      // Whoever fails does so when it is waited for.
      recorded.catch(() => undefined);
      done += files.length;
      onProgress(done, total);
    }
    return recorded;
  }

  /** What was read of a page: sound files are marked, others told to their groups, and then the progress is recorded. */
  async #take(
    scope: ArchiveScope,
    files: readonly ArchivedFile[],
    results: readonly (ReadFile | undefined)[],
    position: AuditPosition,
    lastComponentId: number,
  ): Promise<AuditPosition> {
    const { store, around, tally, brake } = this.#options;
    const sound: number[] = [];
    const differing: Differing[] = [];
    let bytes = 0;
    for (const [i, file] of files.entries()) {
      const found = results[i] ?? { outcome: 'unreadable', reason: 'no answer' };
      if (found.outcome === 'read') bytes += found.sizeBytes;
      // A dry run has counted it already, and the row does not say so.
      if (around.dryRun && found.outcome === 'gone' && brake.wasGone(file.id)) continue;
      if (found.outcome === 'unreadable') tally.problem(`${file.archivePath} cannot be read: ${found.reason}`);
      else if (file.sha256 === null) tally.problem(`${file.archivePath}: no checksum is on record`);
      else if (await isOwnSource(file, found, scope)) differing.push({ file, sha256: null, reason: ownSource });
      else if (found.outcome === 'read' && found.sha256 === file.sha256) sound.push(file.id);
      else {
        const reason = found.outcome === 'gone' ? null : wordOf(found, file);
        differing.push({ file, sha256: found.outcome === 'read' ? found.sha256 : null, reason });
      }
    }
    const damaged = differing.length === 0 ? 0 : await this.#tellDamaged(differing);
    if (damaged === null) {
      this.#isStopped = true;
      return position;
    }
    tally.add('verified', sound.length);
    tally.add('bytes', bytes);
    const after = {
      ...position,
      lastComponentId,
      verified: position.verified + sound.length,
      damaged: position.damaged + damaged,
      bytes: position.bytes + bytes,
    };
    if (around.dryRun) return after;
    const at = around.clock.now();
    await this.#answered(() => store.markVerified(sound, at));
    await this.#answered(() => store.recordAudit(after, at, false));
    return after;
  }

  /** Tells groups of files that still differ from what is recorded; how many are on record as such, null: nothing may be concluded. */
  async #tellDamaged(differing: readonly Differing[]): Promise<number | null> {
    const { store, groups, tally, brake } = this.#options;
    const recorded = await this.#stillRecorded(differing);
    const absent = recorded.filter(({ reason }) => reason === null).map(({ file }) => file);
    const gone = await brake.believed(absent, 'current');
    if (gone === null) return null;
    const still = recorded.filter(({ file, reason }) => reason !== null || gone.has(file.id));
    const owners = await store.ownersOf(still.flatMap(({ sha256 }) => sha256 ?? []));
    const reasons = new Map(
      still.map(({ file, sha256, reason }) => {
        const owner = sha256 === null ? undefined : owners.get(sha256);
        return [file.id, owner === undefined ? reason : `it has the content of ${owner}`] as const;
      }),
    );
    const told = await groups.tellLost(
      still.map(({ file }) => file),
      ({ id }) => reasons.get(id) ?? null,
    );
    for (const { id, archivePath } of told) {
      const reason = reasons.get(id) ?? null;
      if (reason !== null) tally.damaged({ path: archivePath, reason });
      else if (!brake.wasGone(id)) tally.missing(archivePath);
    }
    const toldIds = new Set(told.map(({ id }) => id));
    // One that was archived anew meanwhile is a copy of an earlier revision by now, and read as such.
    for (const { file } of await this.#stillRecorded(still.filter(({ file: { id } }) => !toldIds.has(id)))) {
      const what = reasons.get(file.id) ?? 'it is gone';
      tally.problem(
        `${file.archivePath} differs from what is recorded (${what}); its group is at work, or could not be told`,
      );
    }
    return told.length;
  }

  /** Those that differ from what is recorded now: the service may have archived another revision meanwhile. */
  async #stillRecorded(differing: readonly Differing[]): Promise<readonly Differing[]> {
    const ids = differing.map(({ file }) => file.id);
    const now = new Map((await this.#options.store.filesById(ids)).map((file) => [file.id, file]));
    return differing.filter(({ file, sha256 }) => {
      const present = now.get(file.id);
      return present?.archivePath === file.archivePath && present.inArchive && present.sha256 !== sha256;
    });
  }

  /** The copies of earlier revisions: they have no row that could be missing, so that one that is gone is forgotten. */
  async #verifyFormer(scope: ArchiveScope, start: AuditPosition): Promise<AuditPosition> {
    const { store, around, signal, pageSize } = this.#options;
    let { lastFormerId } = start;
    while (!signal.aborted && !this.#isStopped) {
      const files = withinBytes(await store.formerBelow(scope.path, lastFormerId, pageSize));
      const last = files.at(-1);
      if (last === undefined) break;
      const wanted = files.filter(({ archivePath }) => isInScope(scope, archivePath));
      const gone = await this.#takeFormer(wanted, await readAll(around.files, wanted));
      if (gone === null) {
        this.#isStopped = true;
        break;
      }
      lastFormerId = last.id;
      if (around.dryRun) continue;
      await this.#answered(() => store.forgetFormer([...gone]));
      await this.#answered(() => store.recordAudit({ ...start, lastFormerId: last.id }, around.clock.now(), false));
    }
    return { ...start, lastFormerId };
  }

  /** Those that are gone; null: nothing may be concluded. */
  async #takeFormer(
    files: readonly FormerFile[],
    results: readonly (ReadFile | undefined)[],
  ): Promise<ReadonlySet<number> | null> {
    const { tally, brake } = this.#options;
    const absent = files.filter((_, i) => results[i]?.outcome === 'gone');
    const gone = absent.length === 0 ? new Set<number>() : await brake.believed(absent, 'former');
    if (gone === null) return null;
    for (const [i, file] of files.entries()) {
      const found = results[i];
      if (found?.outcome === 'read') tally.add('bytes', found.sizeBytes);
      if (found?.outcome === 'gone') continue;
      if (found?.outcome === 'read' && found.sha256 === file.sha256) tally.add('verified');
      else if (found === undefined || found.outcome === 'unreadable')
        tally.problem(`${file.archivePath} cannot be read: ${found?.reason ?? 'no answer'}`);
      else tally.damaged({ path: file.archivePath, reason: `${wordOf(found, file)} (an earlier revision)` });
    }
    return gone;
  }

  /** A record waits for a database that is away or busy with the service's own commits. */
  async #answered(write: () => Promise<void>): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        await write();
        return;
      } catch (error) {
        if (!isAway(error) || tries >= mostTries || this.#options.signal.aborted) throw error;
        await pause(this.#options.around.clock, tryAgainMs);
      }
    }
  }
}

/** The first of some files, up to a number of bytes; one at least. */
function withinBytes<File extends { readonly sizeBytes: number }>(files: readonly File[]): readonly File[] {
  let bytes = 0;
  const end = files.findIndex(({ sizeBytes }, i) => {
    bytes += sizeBytes;
    return i > 0 && bytes > pageBytes;
  });
  return end === -1 ? files : files.slice(0, end);
}
