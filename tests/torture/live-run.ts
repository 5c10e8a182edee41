/**
 * Runs a project's service until SIGTERM, under a clock that its parent can set:
 * a message `{ jumpMs }` sets the wall clock forward or back. Sends its log lines.
 *
 * Usage: node live-run.ts DIRECTORY
 */
import { join } from 'node:path';
import { openProject } from '../../src/api/index.ts';
import { systemClock, type Clock } from '../../src/core/index.ts';
import type { Log } from '../../src/logging/index.ts';
import { silentLog } from '../support/log.ts';
import { runService } from '../../src/service/index.ts';

const [directory = ''] = process.argv.slice(2);
const abort = new AbortController();
let shiftMs = 0;

process.on('message', (message) => {
  if (typeof message === 'object' && message !== null && 'jumpMs' in message) shiftMs += Number(message.jumpMs);
});
process.once('SIGTERM', () => abort.abort());

const clock: Clock = { ...systemClock, now: () => systemClock.now() + shiftMs };

const say = (level: string) => (message: string, fields?: Readonly<Record<string, unknown>>) => {
  if (process.connected) process.send?.(`${level} ${message} ${JSON.stringify(fields ?? {})}`);
};
const log: Log = {
  ...silentLog,
  info: say('INFO'),
  success: say('SUCCESS'),
  warning: say('WARNING'),
  error: say('ERROR'),
  critical: say('CRITICAL'),
};

const report = await runService(await openProject(join(directory, 'config.toml'), {}), {
  once: false,
  dryRun: false,
  log,
  signal: abort.signal,
  clock,
});
process.exitCode = report.outcome === 'stopped' ? 0 : 1;
if (process.connected) process.disconnect();
