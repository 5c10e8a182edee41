/** The running service: charts with their effects, groups in memory, the way from file to archive. */
export { makeOrder, type ReconcileOrder } from './reconcile-order.ts';
export type { ReconcileProgress } from './delivery-reading.ts';
export type { RunReport } from './run-record.ts';
export { runService, type RunOptions } from './run.ts';
export {
  reconcileArchive,
  type ArchiveOrder,
  type ArchiveProgress,
  type ArchiveRunOptions,
} from './reconcile-archive.ts';
export type { ArchiveCounts, ArchiveReport } from './archive-report.ts';
