/** The running service: charts with their effects, groups in memory, the way from file to archive. */
export { runService, type GroupReport, type RunOptions, type RunReport } from './run.ts';
