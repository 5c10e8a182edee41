import { access, constants, stat } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import type { Config, NotifyConfig } from '../config/types.ts';
import { messageOf, systemCode } from '../errors/index.ts';
import { readBearerToken } from '../notify/index.ts';
import { checksOf, type Check } from './types.ts';

/** Whether what `[[notify]]` calls is there; nobody is called. */
export async function notifierChecks(
  { notifiers, directory }: Config,
  searched: string = process.env['PATH'] ?? '',
): Promise<readonly Check[]> {
  const found = await Promise.all(notifiers.map((notifier) => notifierCheck(notifier, directory, searched)));
  return found.flat();
}

async function notifierCheck(
  { name, target }: NotifyConfig,
  directory: string,
  searched: string,
): Promise<readonly Check[]> {
  const check = checksOf('notify', name);
  if (target.kind === 'url') {
    if (target.tokenFile === null) return [];
    return readBearerToken(target.tokenFile).then(
      () => [],
      (error: unknown) => [check.fail(messageOf(error), 'correct `token_file`')],
    );
  }
  const [program] = target.command;
  const places = program.includes('/')
    ? [resolve(directory, program)]
    : searched.split(delimiter).map((place) => join(place, program));
  const answers = await Promise.all(places.map((place) => refusal(place)));
  if (answers.includes(null)) return [];
  const text = program.includes('/')
    ? `${places[0] ?? ''} cannot be run (${answers[0] ?? ''})`
    : `${program} is not in PATH`;
  return [check.fail(text, 'correct `command`; under systemd, PATH is short: give the whole path')];
}

/** Why a program cannot be run; null: it can. */
async function refusal(path: string): Promise<string | null> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile() ? null : 'it is no file';
  } catch (error) {
    return systemCode(error) ?? 'error';
  }
}
