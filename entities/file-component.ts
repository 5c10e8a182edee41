import { defineEntity, p } from '@mikro-orm/core';
import type { ComponentStatus } from '../machines/file-group/status.ts';

const FileComponentSchema = defineEntity({
  name: 'FileComponent',
  tableName: 'file_components',
  properties: {
    id: p.integer().primary().autoincrement(),
    groupId: p.integer().index(),
    watchName: p.string().length(255),
    filename: p.string().length(255),
    /** Absolute path in delivery. */
    sourcePath: p.text(),
    /** Stable key of `source_path`, which is too long for a unique index on every database. */
    pathHash: p.string().length(32).unique(),
    /** Absolute path of the latest copy. */
    archivePath: p.text().nullable(),
    /** Stable key of `archive_path`; the row of a file that was found in an archive has the same as `path_hash`. */
    archiveHash: p.string().length(32).nullable().index(),
    sizeBytes: p.bigint('number').nullable(),
    /** With size and inode: what tells one state of the file from the next. */
    mtimeMs: p.double().nullable(),
    ctimeMs: p.double().nullable(),
    inode: p.double().nullable(),
    /** Of the copy's bytes, 64 hex digits. */
    sha256: p.string().length(64).nullable(),
    status: p.string().length(20).$type<ComponentStatus>(),
    inDelivery: p.boolean().default(true),
    inArchive: p.boolean().default(false),
    /** Why it is not sound, or why its group waits or was given up. */
    errorMessage: p.text().nullable(),
    /** Failed tries of its group's present revision. */
    retryCount: p.smallint().default(0),
    lastRetryAt: p.datetime(3).nullable(),
    detectedAt: p.datetime(3),
    archivedAt: p.datetime(3).nullable(),
    /** When it was found to have left delivery. */
    clearedAt: p.datetime(3).nullable(),
    /** When the copy at `archive_path` was last read and found as recorded. */
    verifiedAt: p.datetime(3).nullable(),
  },
});

/** One delivered file. */
export class FileComponent extends FileComponentSchema.class {}
FileComponentSchema.setClass(FileComponent);
