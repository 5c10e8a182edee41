import type {
  GroupVersion,
  GroupWrite,
  GroupWritten,
  KnownFile,
  StoredGroup,
  WatchRootMark,
} from '../../store/index.ts';
import type { Groups, StoredGroups } from '../types.ts';

/** What a dry run keeps in memory instead of writing it: reads go to the database, writes stay here. */
export class DryGroups implements Groups {
  readonly #stored: StoredGroups | null;
  readonly #written = new Map<string, StoredGroup>();
  readonly #files = new Map<string, KnownFile>();
  #nextId = -1;
  readonly lastAway = -Infinity;
  readonly awayReason = null;
  onReturn = (): void => undefined;

  /** @param stored - the database, or null: there is none yet */
  constructor(stored: StoredGroups | null) {
    this.#stored = stored;
  }

  close(): void {
    // A dry run waits for no database.
  }

  commit(writes: readonly GroupWrite[]): Promise<readonly GroupWritten[]> {
    return Promise.resolve(writes.map((write) => this.#keep(write)));
  }

  // Nothing is written anywhere, and nothing is swept.
  openDirectories(): Promise<readonly string[]> {
    return Promise.resolve([]);
  }

  recordDirectories(): Promise<void> {
    return Promise.resolve();
  }

  async groupsByKey(keyHashes: readonly string[]): Promise<ReadonlyMap<string, StoredGroup>> {
    const stored = await this.#stored?.groupsByKey(keyHashes);
    const written = keyHashes.flatMap((hash) => this.#written.get(hash) ?? []);
    return new Map([...(stored ?? []), ...written.map((group) => [group.keyHash, group] as const)]);
  }

  // What is due or under way is reported as it is stored; a dry run does not carry it on.
  dueGroups(): Promise<readonly GroupVersion[]> {
    return Promise.resolve([]);
  }

  nextDeadline(): Promise<number | null> {
    return Promise.resolve(null);
  }

  groupsDueBehind(): Promise<readonly GroupVersion[]> {
    return Promise.resolve([]);
  }

  groupsInStates(): Promise<readonly StoredGroup[]> {
    return Promise.resolve([]);
  }

  async knownFiles(pathHashes: readonly string[]): Promise<ReadonlyMap<string, KnownFile>> {
    const stored = await this.#stored?.knownFiles(pathHashes);
    const written = pathHashes.flatMap((hash) => this.#files.get(hash) ?? []);
    return new Map([...(stored ?? []), ...written.map((file) => [file.pathHash, file] as const)]);
  }

  knownFilesAside(pathHashes: readonly string[]): Promise<ReadonlyMap<string, KnownFile>> {
    return this.knownFiles(pathHashes);
  }

  async newestFileId(): Promise<number> {
    return (await this.#stored?.newestFileId()) ?? 0;
  }

  async deliveredFiles(watchName: string, afterId: number, limit: number) {
    return (await this.#stored?.deliveredFiles(watchName, afterId, limit)) ?? { files: [], lastId: afterId };
  }

  async deliveredIds(watchName: string, afterId: number, limit: number) {
    return (await this.#stored?.deliveredIds(watchName, afterId, limit)) ?? [];
  }

  async deliveredById(watchName: string, ids: readonly number[]): Promise<readonly KnownFile[]> {
    return (await this.#stored?.deliveredById(watchName, ids)) ?? [];
  }

  async hasFilesBelow(path: string): Promise<boolean> {
    return (await this.#stored?.hasFilesBelow(path)) ?? false;
  }

  async watchRoot(watchName: string): Promise<WatchRootMark | null> {
    return (await this.#stored?.watchRoot(watchName)) ?? null;
  }

  recordWatchRoot(): Promise<void> {
    return Promise.resolve();
  }

  // Nothing is archived.
  archiveDevice(): Promise<number | null> {
    return Promise.resolve(null);
  }

  recordArchiveDevice(): Promise<void> {
    return Promise.resolve();
  }

  someArchived(): Promise<readonly string[]> {
    return Promise.resolve([]);
  }

  /** Forgets what was not written; the database is as it was. */
  forget(): void {
    this.#written.clear();
    this.#files.clear();
  }

  #keep(write: GroupWrite): GroupWritten {
    const id = write.id ?? this.#nextId--;
    const { watchName, groupKey, keyHash, state, stateSince, dueAt, envelope } = write;
    const lockVersion = write.lockVersion + 1;
    this.#written.set(keyHash, { id, watchName, groupKey, keyHash, state, stateSince, dueAt, lockVersion, envelope });
    for (const component of write.components)
      this.#files.set(component.pathHash, {
        ...component,
        id: 0,
        groupKey,
        hasReason: component.errorMessage !== null,
      });
    return { id, lockVersion };
  }
}
