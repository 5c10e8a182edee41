/**
 * Audits a project's archives and kills the process with SIGKILL, as a power cut
 * would, when so many files have been read; progress is recorded every two files.
 *
 * Usage: node audit-run.ts DIRECTORY FILES [MS]; its clock is ahead by so many ms
 */
import { join } from 'node:path';
import { openProject } from '../../src/api/index.ts';
import { reconcileArchive } from '../../src/service/index.ts';
import { auditOrder } from './audit-order.ts';
import { shiftedClock } from './clock.ts';
import { silentLog } from './log.ts';

const [directory = '', files = '0', aheadMs = '0'] = process.argv.slice(2);

await reconcileArchive(await openProject(join(directory, 'config.toml'), {}), auditOrder, {
  log: silentLog,
  signal: new AbortController().signal,
  auditPage: 2,
  clock: shiftedClock(Number(aheadMs)),
  onProgress: ({ step, done }) => {
    if (step === 'content' && done >= Number(files)) process.kill(process.pid, 'SIGKILL');
  },
});
