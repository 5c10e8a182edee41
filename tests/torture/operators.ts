import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ModelProject } from './model-project.ts';

/** What operators call beside the service, at any moment. */
export const commands = [
  'run --once',
  'retry',
  'retry --status not_selected',
  'reconcile delivery',
  'reconcile archive',
  'reconcile archive --verify',
  'reconcile archive --write-off',
] as const;
export type Command = (typeof commands)[number];

const binPath = fileURLToPath(new URL('../../bin/carbonation.js', import.meta.url));

/** What a command said, and how it ended; null: by a signal. */
interface CommandEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Calls the real command.
 *
 * @param killedAfterMs - null: it comes to its end
 */
export function runCommand(project: ModelProject, command: string, killedAfterMs: number | null): Promise<CommandEnd> {
  const args = [binPath, ...command.split(' '), '-c', project.configPath];
  const limits = { timeout: killedAfterMs ?? 60_000, killSignal: 'SIGKILL' } as const;
  return new Promise((resolve) => {
    const env = {
      PATH: process.env['PATH'] ?? '',
      HOME: project.directory,
      NODE_COMPILE_CACHE: join(tmpdir(), 'carbonation-torture-cache'),
    };
    execFile(process.execPath, args, { env, ...limits }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : null;
      resolve({ code, stdout, stderr });
    });
  });
}

/** What is wrong with a project at rest, whose service has ended, by the commands that look. */
export async function wrongsByCommands(project: ModelProject): Promise<readonly string[]> {
  const problems: string[] = [];
  const expectZero = async (command: string) => {
    const { code, stdout, stderr } = await runCommand(project, command, null);
    if (code !== 0) problems.push(`${command} ended with ${code}: ${stdout}${stderr}`);
    return stdout;
  };
  const hasLost = project.model.hasLost;
  if (!hasLost) await expectZero('run --once');
  const before = JSON.stringify(await project.rows());
  if (!hasLost) await expectZero('run --once');
  if (!hasLost) await expectZero('reconcile archive --verify --restart');
  const after = JSON.stringify(await project.rows());
  if (before !== after) problems.push(`a second run has changed ${before} to ${after}`);
  const status: unknown = JSON.parse(await expectZero('db status --format json'));
  const wrongTotals = typeof status === 'object' && status !== null && 'wrongTotals' in status && status.wrongTotals;
  if (wrongTotals !== 0) problems.push(`db status: wrongTotals ${String(wrongTotals)}`);
  return [...problems, ...(await project.model.wrongsAtRest())];
}
