import { stableKey } from '../core/index.ts';
import { readArchiveDevice, writeArchiveDevice } from './archive-roots.ts';
import { below, belowParams } from './database/below.ts';
import { textOf } from './database/cells.ts';
import type { GroupStore } from './group-store.ts';
import type { Row, Sql } from './database/sql.ts';

/** An archived copy as the database knows it. */
export interface ArchivedFile {
  readonly id: number;
  readonly groupId: number;
  readonly watchName: string;
  readonly groupKey: string;
  readonly sourcePath: string;
  readonly archivePath: string;
  /** Stable key of the archive path. */
  readonly archiveHash: string;
  /** It was found in the archive and has never been delivered. */
  readonly isOrphan: boolean;
  readonly inDelivery: boolean;
  /** As it was when it settled. */
  readonly sourceInode: number;
  readonly inArchive: boolean;
  /** It has gone, and is not expected back. */
  readonly isWrittenOff: boolean;
  /** The state of its group, in snake case. */
  readonly groupState: string;
  /** 64 hex digits; null: none was recorded. */
  readonly sha256: string | null;
  readonly sizeBytes: number;
}

/** The copy of an earlier revision. */
export type FormerFile = Pick<ArchivedFile, 'id' | 'archivePath' | 'sha256' | 'sizeBytes'>;

/** One reading of archived files against their checksums, as far as it has got. */
export interface AuditPosition {
  readonly id: number;
  /** ms since 1970. */
  readonly startedAt: number;
  readonly lastComponentId: number;
  readonly lastFormerId: number;
  readonly verified: number;
  readonly damaged: number;
  readonly bytes: number;
}

const columns = `select c.id, c.watch_name, c.source_path, c.path_hash, c.archive_path, c.archive_hash, c.in_archive, c.sha256,
  c.size_bytes, c.in_delivery, c.inode, c.group_id, files.group_key, files.state from file_components c join files on files.id = c.group_id`;

/** What the database knows of archives, for reconciling and auditing them. */
export class ArchiveStore {
  readonly #sql: Sql;
  readonly #store: Pick<GroupStore, 'sql' | 'inTurn'>;

  constructor(store: Pick<GroupStore, 'sql' | 'inTurn'>) {
    this.#sql = store.sql;
    this.#store = store;
  }

  /** Copies at or below a path, in the order of ids from `afterId` on. */
  async filesBelow(path: string, afterId: number, limit: number): Promise<readonly ArchivedFile[]> {
    const rows = await this.#sql.all(
      `${columns} where c.archive_hash is not null and ${below('c.archive_path')} and c.id > ? order by c.id limit ?`,
      [...belowParams(path), afterId, limit],
    );
    return rows.map(fileOf);
  }

  /** How many copies there are at or below a path. */
  countBelow(path: string): Promise<number> {
    const query = `select count(*) from file_components where archive_hash is not null and ${below('archive_path')}`;
    return this.#sql.number(query, belowParams(path));
  }

  /** How many copies are on record as archived at or below none of these paths, and the first of them by its path; null: none. */
  async archivedOutside(paths: readonly string[]): Promise<{ readonly count: number; readonly first: string } | null> {
    const outside = paths.map(() => ` and not ${below('archive_path')}`).join('');
    const [row] = await this.#sql.all(
      `select count(*) as n, min(archive_path) as first_path from file_components where in_archive and archive_hash is not null${outside}`,
      paths.flatMap(belowParams),
    );
    const count = Number(row?.['n'] ?? 0);
    return count === 0 ? null : { count, first: String(row?.['first_path']) };
  }

  /** The copies with these ids. */
  async filesById(ids: readonly number[]): Promise<readonly ArchivedFile[]> {
    return (await this.#sql.whereIn(columns, 'c.id', ids, 'integer')).map(fileOf);
  }

  /** The copies of these groups. */
  async filesOfGroups(groupIds: readonly number[]): Promise<readonly ArchivedFile[]> {
    const rows = await this.#sql.whereIn(columns, 'c.group_id', groupIds, 'integer');
    return rows.filter((row) => row['archive_hash'] !== null).map(fileOf);
  }

  /** The copies that are recorded at these paths, by the key of the path; there may be several at one. */
  async filesAt(archiveHashes: readonly string[]): Promise<ReadonlyMap<string, readonly ArchivedFile[]>> {
    const rows = await this.#sql.whereIn(columns, 'c.archive_hash', archiveHashes, 'text');
    return Map.groupBy(rows.map(fileOf), ({ archiveHash }) => archiveHash);
  }

  /** Which of these path keys are those of earlier revisions' copies. */
  async formerAt(archiveHashes: readonly string[]): Promise<ReadonlySet<string>> {
    const rows = await this.#sql.whereIn(
      'select archive_hash from former_copies',
      'archive_hash',
      archiveHashes,
      'text',
    );
    return new Set(rows.map((row) => String(row['archive_hash'])));
  }

  /**
   * Copies of earlier revisions at or below a path, in the order of ids from `afterId` on; without those whose file is the
   * copy of a present one again, which says what it holds.
   */
  async formerBelow(path: string, afterId: number, limit: number): Promise<readonly FormerFile[]> {
    const rows = await this.#sql.all(
      `select f.id, f.archive_path, f.sha256, f.size_bytes from former_copies f where ${below('f.archive_path')} and f.id > ?
        and not exists (select 1 from file_components c where c.archive_hash = f.archive_hash) order by f.id limit ?`,
      [...belowParams(path), afterId, limit],
    );
    return rows.map((row) => ({
      id: Number(row['id']),
      archivePath: String(row['archive_path']),
      sha256: String(row['sha256']),
      sizeBytes: Number(row['size_bytes']),
    }));
  }

  /** How many copies of earlier revisions there are at or below a path. */
  countFormerBelow(path: string): Promise<number> {
    return this.#sql.number(`select count(*) from former_copies where ${below('archive_path')}`, belowParams(path));
  }

  /** Forgets copies of earlier revisions: somebody has thinned the archive out. */
  async forgetFormer(ids: readonly number[]): Promise<void> {
    for (const id of ids) await this.#sql.run('delete from former_copies where id = ?', [id]);
  }

  /** A component that was archived with each of these contents, by SHA-256. */
  async ownersOf(contents: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const rows = await this.#sql.whereIn('select sha256, source_path from file_components', 'sha256', contents, 'text');
    return new Map(rows.map((row) => [String(row['sha256']), String(row['source_path'])]));
  }

  /** The device on which the directory of an archive was when it was last recorded, or null. */
  archiveDevice(path: string): Promise<number | null> {
    return readArchiveDevice(this.#sql, path);
  }

  /** Records on which device an archive is; `at` in ms since 1970. */
  recordArchiveDevice(path: string, device: number, at: number): Promise<void> {
    return writeArchiveDevice(this.#sql, path, device, at);
  }

  /** The last audit of this scope that was cut short, or null. */
  async openAudit(scope: string): Promise<AuditPosition | null> {
    const [row] = await this.#sql.all(
      'select * from archive_audits where scope_key = ? and finished_at is null order by id desc limit 1',
      [stableKey(scope)],
    );
    return row === undefined ? null : this.#audit(row);
  }

  /** Begins an audit; those of the same scope that were cut short are over. */
  async startAudit(scope: string, at: number): Promise<AuditPosition> {
    const scopeKey = stableKey(scope);
    const time = this.#sql.dialect.time(at);
    await this.#sql.run('update archive_audits set finished_at = ? where scope_key = ? and finished_at is null', [
      time,
      scopeKey,
    ]);
    const rows = await this.#sql.insert(
      'archive_audits',
      { scope: 'text', scope_key: 'text', started_at: 'datetime', updated_at: 'datetime' },
      [[scope, scopeKey, time, time]],
      { returning: '*' },
    );
    return this.#audit(rows[0] ?? {});
  }

  /** Records how far an audit has got; `at` in ms since 1970. */
  async recordAudit(audit: AuditPosition, at: number, isFinished: boolean): Promise<void> {
    const time = this.#sql.dialect.time(at);
    await this.#sql.run(
      'update archive_audits set last_component_id = ?, last_former_id = ?, verified = ?, damaged = ?, bytes = ?, updated_at = ?, finished_at = ? where id = ?',
      [
        audit.lastComponentId,
        audit.lastFormerId,
        audit.verified,
        audit.damaged,
        audit.bytes,
        time,
        isFinished ? time : null,
        audit.id,
      ],
    );
  }

  /** Notes that copies were read and found as recorded; `at` in ms since 1970. */
  async markVerified(ids: readonly number[], at: number): Promise<void> {
    if (ids.length === 0) return;
    const time = this.#sql.dialect.time(at);
    const rows = ids.map((id) => [id, time]);
    const cells = { id: 'integer', verified_at: 'datetime' } as const;
    await this.#store.inTurn((sql) => sql.update('file_components', cells, rows, ['verified_at']));
  }

  #audit(row: Row): AuditPosition {
    return {
      id: Number(row['id']),
      startedAt: this.#sql.dialect.readTime(row['started_at']) ?? 0,
      lastComponentId: Number(row['last_component_id']),
      lastFormerId: Number(row['last_former_id']),
      verified: Number(row['verified']),
      damaged: Number(row['damaged']),
      bytes: Number(row['bytes']),
    };
  }
}

function fileOf(row: Row): ArchivedFile {
  const archiveHash = String(row['archive_hash']);
  const inArchive = Boolean(row['in_archive']);
  return {
    id: Number(row['id']),
    groupId: Number(row['group_id']),
    watchName: String(row['watch_name']),
    groupKey: String(row['group_key']),
    sourcePath: String(row['source_path']),
    archivePath: String(row['archive_path']),
    archiveHash,
    isOrphan: row['path_hash'] === archiveHash,
    inDelivery: Boolean(row['in_delivery']),
    sourceInode: Number(row['inode']),
    inArchive,
    isWrittenOff: row['state'] === 'written_off' && !inArchive,
    groupState: String(row['state']),
    sha256: textOf(row['sha256']),
    sizeBytes: Number(row['size_bytes']),
  };
}
