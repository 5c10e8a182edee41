import { componentStatuses, type ComponentStatus } from '../../../machines/file-group/status.ts';
import type { Dialect } from '../database/dialect.ts';
import type { Row, Sql } from '../database/sql.ts';
import type { KnownFile } from '../types.ts';

/** Reads rows for {@link fileOf}. */
export const fileColumns = `select c.id, c.path_hash, c.source_path, c.watch_name, c.detected_at, c.status, c.in_delivery,
  c.size_bytes, c.mtime_ms, c.ctime_ms, c.inode, (c.error_message is not null) as has_reason, files.group_key
  from file_components c join files on files.id = c.group_id`;

/** The files with these path keys; those that are not known are left out. */
export async function readKnownFiles(sql: Sql, pathHashes: readonly string[]): Promise<readonly KnownFile[]> {
  const rows = await sql.whereIn(fileColumns, 'c.path_hash', pathHashes, 'text');
  return rows.map((row) => fileOf(row, sql.dialect));
}

/** Files by their path keys. */
export function byPathHash(files: readonly KnownFile[]): ReadonlyMap<string, KnownFile> {
  return new Map(files.map((file) => [file.pathHash, file]));
}

/** A file by its row. */
export function fileOf(row: Row, dialect: Dialect): KnownFile {
  return {
    id: Number(row['id']),
    pathHash: String(row['path_hash']),
    sourcePath: String(row['source_path']),
    groupKey: String(row['group_key']),
    watchName: String(row['watch_name']),
    detectedAt: dialect.readTime(row['detected_at']) ?? 0,
    status: statusOf(row['status']),
    inDelivery: Boolean(row['in_delivery']),
    sizeBytes: Number(row['size_bytes']),
    mtimeMs: Number(row['mtime_ms']),
    ctimeMs: Number(row['ctime_ms']),
    inode: Number(row['inode']),
    hasReason: Boolean(row['has_reason']),
  };
}

/** A status as it is stored; one that this version does not know counts as detected. */
export function statusOf(value: unknown): ComponentStatus {
  return componentStatuses.find((status) => status === value) ?? 'detected';
}

/** Files as a list a field: to copy that from thread to thread costs a fifth of what an object a file does. */
export type KnownColumns = { readonly [Field in keyof KnownFile]: readonly KnownFile[Field][] };

/** The columns of files. */
export function toColumns(files: readonly KnownFile[]): KnownColumns {
  return {
    id: files.map(({ id }) => id),
    pathHash: files.map(({ pathHash }) => pathHash),
    sourcePath: files.map(({ sourcePath }) => sourcePath),
    groupKey: files.map(({ groupKey }) => groupKey),
    watchName: files.map(({ watchName }) => watchName),
    detectedAt: files.map(({ detectedAt }) => detectedAt),
    status: files.map(({ status }) => status),
    inDelivery: files.map(({ inDelivery }) => inDelivery),
    sizeBytes: files.map(({ sizeBytes }) => sizeBytes),
    mtimeMs: files.map(({ mtimeMs }) => mtimeMs),
    ctimeMs: files.map(({ ctimeMs }) => ctimeMs),
    inode: files.map(({ inode }) => inode),
    hasReason: files.map(({ hasReason }) => hasReason),
  };
}

/** The files of {@link toColumns}. */
export function fromColumns(columns: KnownColumns): readonly KnownFile[] {
  return columns.id.map((id, i) => ({
    id,
    pathHash: columns.pathHash[i] ?? '',
    sourcePath: columns.sourcePath[i] ?? '',
    groupKey: columns.groupKey[i] ?? '',
    watchName: columns.watchName[i] ?? '',
    detectedAt: columns.detectedAt[i] ?? 0,
    status: columns.status[i] ?? 'detected',
    inDelivery: columns.inDelivery[i] ?? false,
    sizeBytes: columns.sizeBytes[i] ?? 0,
    mtimeMs: columns.mtimeMs[i] ?? 0,
    ctimeMs: columns.ctimeMs[i] ?? 0,
    inode: columns.inode[i] ?? 0,
    hasReason: columns.hasReason[i] ?? false,
  }));
}
