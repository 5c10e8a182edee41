import { defineEntity, p } from '@mikro-orm/core';

const WatchRootSchema = defineEntity({
  name: 'WatchRoot',
  tableName: 'watch_roots',
  properties: {
    watchName: p.string().length(255).primary(),
    /** Absolute path of the watch when the mark was taken. */
    path: p.text(),
    device: p.double(),
    inode: p.double(),
    recordedAt: p.datetime(3),
  },
});

/** Which directory a watch's root was when it was last reconciled: another one there may be an empty mount point. */
export class WatchRoot extends WatchRootSchema.class {}
WatchRootSchema.setClass(WatchRoot);

const ReconcileRequestSchema = defineEntity({
  name: 'ReconcileRequest',
  tableName: 'reconcile_requests',
  properties: {
    id: p.integer().primary().autoincrement(),
    options: p.json<unknown>(),
    requestedAt: p.datetime(3),
    answeredAt: p.datetime(3).nullable(),
    /** What came of it, for the process that asked. */
    report: p.json<unknown>().nullable(),
  },
});

/** What another process asks the running service to reconcile, and the answer. */
export class ReconcileRequest extends ReconcileRequestSchema.class {}
ReconcileRequestSchema.setClass(ReconcileRequest);
