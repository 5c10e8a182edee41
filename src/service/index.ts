/**
 * The running service: charts with their effects, groups in memory, the way from file to archive. Each folder knows those before it:
 *
 * - `database/`: who works on a database, alone
 * - `group/`: a group as an actor, its effects, its record, and all groups in memory (`registry.ts` is the one way in)
 * - `delivery/`: from files to groups, live (`intake.ts`) and by comparing directories with the database (`reconcile.ts`)
 * - `reconcile-archive/`: archives compared with the database, beside a service or without one
 * - here: what runs all this (`run.ts`, `service.ts`), resumes it after a restart, wakes it at deadlines, and tells how it is
 */
export { makeOrder, type ReconcileOrder } from './delivery/order.ts';
export type { ReconcileProgress } from './delivery/reading.ts';
export type { RunReport } from './run-record.ts';
export { runService, type RunOptions } from './run.ts';
export {
  reconcileArchive,
  type ArchiveOrder,
  type ArchiveProgress,
  type ArchiveRunOptions,
} from './reconcile-archive/reconcile.ts';
export type { ArchiveCounts, ArchiveReport } from './reconcile-archive/report.ts';
