import { access, constants, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { silence, silentPlaces } from '../core/silent-places.ts';
import { systemCode, toCarbonationError } from '../errors/index.ts';
import { problemsOf } from './problem.ts';
import { readToken } from './token.ts';
import type { Config, Problem } from './types.ts';

/**
 * Looks at the machine: whether watch directories can be read, archives written, and whether the systemd unit beside
 * config.toml waits long enough for a heartbeat. Changes nothing; all it finds are warnings.
 *
 * @param file How problems name config.toml; its absolute path unless given.
 * @param silent Which of the directories do not answer, where that is known.
 */
export async function hostCheck(
  config: Config,
  file: string = config.path,
  silent?: ReadonlySet<string>,
): Promise<Problem[]> {
  const { watches, archives } = config;
  const paths = [...watches.map(({ path }) => path), ...archives.map(({ basePath }) => basePath)];
  const hung = silent ?? (await silentPlaces(paths));
  const look: Look = async (path, mode, done) => (hung.has(path) ? silence : unusable(path, mode, done));
  const found = await Promise.all([
    ...watches.map((watch, index) => watchProblems(watch.path, index, file, look)),
    ...archives.map((archive, index) => archiveProblems(archive.basePath, index, file, look)),
    tokenProblems(config, file),
    watchdogProblems(config),
  ]);
  return found.flat();
}

/** {@link unusable}, or what stands for it. */
type Look = (path: string, mode: number, done: string) => Promise<string | null>;

async function watchProblems(path: string, index: number, file: string, look: Look): Promise<Problem[]> {
  const why = await look(path, constants.R_OK | constants.X_OK, 'read');
  return why === null ? [] : [problemsOf(file).warning(['watch', index, 'path'], `${path} ${why}`)];
}

// A base path that is not there yet is created with the first archived file.
async function archiveProblems(path: string, index: number, file: string, look: Look): Promise<Problem[]> {
  const why = await look(path, constants.W_OK | constants.X_OK, 'written');
  if (why === null || why === isMissing) return [];
  return [problemsOf(file).warning(['archive', index, 'base_path'], `${path} ${why}`)];
}

/** Two of the reasons that {@link unusable} gives. */
export const isMissing = 'does not exist';
export const isOther = 'is not a directory';

/**
 * Why a directory cannot be used, as the end of a sentence that its path begins; null: it can.
 *
 * @param mode - what is to be done with it, as for `access`
 * @param done - the same in a word
 */
export async function unusable(path: string, mode: number, done: string): Promise<string | null> {
  try {
    if (!(await stat(path)).isDirectory()) return isOther;
    await access(path, mode);
    return null;
  } catch (error) {
    const code = systemCode(error) ?? 'error';
    return code === 'ENOENT' ? isMissing : `cannot be ${done} (${code})`;
  }
}

async function tokenProblems({ http }: Config, file: string): Promise<Problem[]> {
  if (http === null || http.tokenFile === null) return [];
  try {
    await readToken(http.tokenFile);
    return [];
  } catch (error) {
    const { message, remedy } = toCarbonationError(error);
    return [problemsOf(file).warning(['http', 'token_file'], message, remedy)];
  }
}

async function watchdogProblems(config: Config): Promise<Problem[]> {
  const path = join(config.directory, 'carbonation.service');
  const unit = await readFile(path, 'utf8').catch(() => null);
  const lines = (unit ?? '').split('\n');
  // As for systemd, the last one counts.
  const index = lines.findLastIndex((line) => /^\s*WatchdogSec\s*=/.test(line));
  const value = lines[index]?.split('=')[1]?.trim() ?? '';
  const seconds = watchdogSeconds(value);
  const needed = (2 * config.service.heartbeatIntervalMs) / 1000;
  if (seconds === null || seconds >= needed) return [];
  const problem = problemsOf(path).warning(
    ['WatchdogSec'],
    `${value} is less than 2 × heartbeat_interval: systemd may kill a healthy service`,
    `set at least WatchdogSec=${Math.ceil(needed)}`,
  );
  return [{ ...problem, line: index + 1 }];
}

const spanSeconds: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

const spanPart = /(\d+(?:\.\d+)?)\s*(ms|seconds?|sec|s|minutes?|min|m|hours?|hr|h|days?|d|weeks?|w|)(?![a-z])/g;

/** Seconds of a systemd time span (`300`, `1min 30s`); null when the watchdog is off or the span is not understood. */
function watchdogSeconds(text: string): number | null {
  if (text.replaceAll(spanPart, '').trim() !== '') return null;
  let seconds = 0;
  for (const [, amount, unit = ''] of text.matchAll(spanPart)) {
    seconds += Number(amount) * (spanSeconds[unit === 'ms' ? unit : unit.slice(0, 1) || 's'] ?? 1);
  }
  return seconds === 0 ? null : seconds;
}
