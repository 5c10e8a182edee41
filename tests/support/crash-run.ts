/**
 * Runs a project's service, once or live, and kills the process with SIGKILL, as a power
 * cut would, when a group enters a state: at once, or after so many ms, when
 * what follows is under way.
 *
 * Usage: node crash-run.ts DIRECTORY STATE DELAY_MS [once | live]
 */
import { join } from 'node:path';
import { openProject } from '../../src/api/index.ts';
import { runService } from '../../src/service/index.ts';
import { silentLog } from './log.ts';

const [directory = '', state = '', delay = '0', how = 'once'] = process.argv.slice(2);

await runService(await openProject(join(directory, 'config.toml'), {}), {
  once: how === 'once',
  dryRun: false,
  log: silentLog,
  signal: new AbortController().signal,
  onEnter: (group) => {
    if (group.state !== state) return;
    if (delay === '0') process.kill(process.pid, 'SIGKILL');
    else setTimeout(() => process.kill(process.pid, 'SIGKILL'), Number(delay));
  },
});
