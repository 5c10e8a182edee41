import { defineEntity, p } from '@mikro-orm/core';

const FormerCopySchema = defineEntity({
  name: 'FormerCopy',
  tableName: 'former_copies',
  properties: {
    id: p.integer().primary().autoincrement(),
    groupId: p.integer(),
    archivePath: p.text(),
    /** Stable key of `archive_path`. */
    archiveHash: p.string().length(32).unique(),
    sha256: p.string().length(64),
    sizeBytes: p.bigint('number'),
    archivedAt: p.datetime(3),
    /** When the later revision was recorded. */
    replacedAt: p.datetime(3),
  },
});

/** The copy of an earlier revision: it stays in the archive when a later one gets a name of its own. */
export class FormerCopy extends FormerCopySchema.class {}
FormerCopySchema.setClass(FormerCopy);

const ArchiveRootSchema = defineEntity({
  name: 'ArchiveRoot',
  tableName: 'archive_roots',
  properties: {
    /** Stable key of `path`. */
    pathHash: p.string().length(32).primary(),
    path: p.text(),
    /** `st_dev` of the directory. */
    device: p.double(),
    seenAt: p.datetime(3),
  },
});

/** On which device an archive was when it was last reconciled: another one may be an empty mount point. */
export class ArchiveRoot extends ArchiveRootSchema.class {}
ArchiveRootSchema.setClass(ArchiveRoot);

const ArchiveAuditSchema = defineEntity({
  name: 'ArchiveAudit',
  tableName: 'archive_audits',
  properties: {
    id: p.integer().primary().autoincrement(),
    /** The directories and files that are read, as JSON. */
    scope: p.text(),
    scopeKey: p.string().length(32).index(),
    startedAt: p.datetime(3),
    updatedAt: p.datetime(3),
    /** Null: it was cut short, and can be gone on with. */
    finishedAt: p.datetime(3).nullable(),
    /** Everything up to these ids has been read. */
    lastComponentId: p.integer().default(0),
    lastFormerId: p.integer().default(0),
    /** Files that were read. */
    verified: p.integer().default(0),
    /** Those that were not as recorded. */
    damaged: p.integer().default(0),
    bytes: p.bigint('number').default(0),
  },
});

/** One reading of archived files against their checksums. */
export class ArchiveAudit extends ArchiveAuditSchema.class {}
ArchiveAuditSchema.setClass(ArchiveAudit);
