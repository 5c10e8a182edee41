import { CarbonationError } from '../../src/errors/index.ts';
import type { GroupWrite, GroupWritten, KnownFile, StoredGroup } from '../../src/store/index.ts';

type Row = StoredGroup & { readonly rulesVersion: string | null };
type FileRow = KnownFile & { readonly groupId: number };

/** What a database has of groups and files, in memory: it refuses what another writer has changed, and a path is one group's at a time. */
export class MemoryGroups {
  readonly #groups = new Map<string, Row>();
  readonly #files = new Map<string, FileRow>();
  #lastId = 0;

  /** Writes a batch, all of it or nothing. */
  commit(writes: readonly GroupWrite[]): readonly GroupWritten[] {
    this.#refuse(writes);
    const held = new Set(writes.flatMap(({ components }) => components.filter(isHeld).map(({ pathHash }) => pathHash)));
    return writes.map((write) => {
      const id = write.id ?? this.#newId();
      const { watchName, groupKey, keyHash, state, stateSince, dueAt, rulesVersion, envelope } = write;
      const lockVersion = write.lockVersion + 1;
      const row = { id, watchName, groupKey, keyHash, state, stateSince, dueAt, lockVersion, rulesVersion };
      this.#groups.set(keyHash, { ...row, envelope: structuredClone(envelope) });
      for (const pathHash of write.removedComponents) this.#files.delete(pathHash);
      for (const component of write.components) {
        const former = this.#files.get(component.pathHash);
        const isForeign = held.has(component.pathHash) || (former?.groupId ?? id) !== id;
        if (!isHeld(component) && isForeign) continue;
        const hasReason = component.errorMessage !== null;
        const first = { id: former?.id ?? this.#newId(), detectedAt: former?.detectedAt ?? component.detectedAt };
        this.#files.set(component.pathHash, { ...component, ...first, groupId: id, groupKey, hasReason });
      }
      return { id, lockVersion };
    });
  }

  /** Another process changes a group, in a way that means nothing to it. */
  touch(index: number): void {
    const rows = [...this.#groups.values()];
    const row = rows[index % Math.max(1, rows.length)];
    if (row !== undefined) this.#groups.set(row.keyHash, { ...row, lockVersion: row.lockVersion + 1 });
  }

  /** Somebody asks for another try of all groups that are in one of these states. */
  markDue(states: ReadonlySet<string>, now: number): void {
    for (const row of this.#groups.values()) {
      if (states.has(row.state))
        this.#groups.set(row.keyHash, { ...row, dueAt: now, lockVersion: row.lockVersion + 1 });
    }
  }

  /** All groups. */
  get all(): readonly StoredGroup[] {
    return [...this.#groups.values()];
  }

  groupsByKey(keyHashes: readonly string[]): ReadonlyMap<string, StoredGroup> {
    return new Map(keyHashes.flatMap((hash) => this.#groups.get(hash) ?? []).map((row) => [row.keyHash, row]));
  }

  groupsInStates(
    watchNames: readonly string[],
    states: readonly string[],
    afterId: number,
    limit: number,
    rulesVersion: string | null = null,
  ): readonly StoredGroup[] {
    return [...this.#groups.values()]
      .filter((row) => watchNames.includes(row.watchName) && states.includes(row.state) && row.id > afterId)
      .filter((row) => rulesVersion === null || row.rulesVersion !== rulesVersion)
      .slice(0, limit);
  }

  dueGroups(watchNames: readonly string[], now: number): readonly StoredGroup[] {
    return this.all.filter(({ watchName, dueAt }) => watchNames.includes(watchName) && (dueAt ?? Infinity) <= now);
  }

  nextDeadline(watchNames: readonly string[], after: number): number | null {
    const due = this.all.flatMap(({ watchName, dueAt }) =>
      watchNames.includes(watchName) && dueAt !== null && dueAt > after ? [dueAt] : [],
    );
    return due.length === 0 ? null : Math.min(...due);
  }

  knownFiles(pathHashes: readonly string[]): ReadonlyMap<string, KnownFile> {
    return new Map(pathHashes.flatMap((hash) => this.#files.get(hash) ?? []).map((file) => [file.pathHash, file]));
  }

  #newId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  #refuse(writes: readonly GroupWrite[]): void {
    const lost = writes.filter(({ id, keyHash, lockVersion }) => {
      return id !== null && this.#groups.get(keyHash)?.lockVersion !== lockVersion;
    });
    const details = lost.map(({ id }) => String(id));
    if (lost.length > 0) throw new CarbonationError('STORE_CONFLICT', 'another process changed groups', { details });
    if (writes.some(({ id, keyHash }) => id === null && this.#groups.has(keyHash)))
      throw Object.assign(new Error('UNIQUE constraint failed'), { code: 'SQLITE_CONSTRAINT_UNIQUE' });
  }
}

/** Whether a group has more of a file than the memory of it. */
function isHeld({ inDelivery, archivePath }: GroupWrite['components'][number]): boolean {
  return inDelivery || archivePath !== null;
}
