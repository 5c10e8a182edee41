import { resolve } from 'node:path';

import { stableKey } from '../core/index.ts';
import { CarbonationError } from '../errors/index.ts';
import { problemsOf } from './problem.ts';
import type { RawNotify } from './raw.ts';
import { suggestFrom } from './suggest.ts';
import { tablesOf } from './toml.ts';
import type { NotifyConfig, NotifyTarget, Problem } from './types.ts';
import { parseDuration } from './units.ts';
import { show } from './validate.ts';

type Data = Readonly<Record<string, unknown>>;

/** How long a request takes at most, in ms: no option of `fetch` has it wait longer for an answer. */
const longestRequestMs = 300_000;

/** A notifier of validated data. */
export function buildNotifier(raw: RawNotify, directory: string): NotifyConfig {
  const timeout = parseDuration(raw.timeout);
  if (!timeout.ok) throw new CarbonationError('INTERNAL', 'a timeout of config.toml was not checked by the schema');
  return {
    name: nameOf(raw),
    on: raw.on,
    watch: raw.watch ?? null,
    target: targetOf(raw, directory),
    timeoutMs: raw.url === undefined ? timeout.value : Math.min(timeout.value, longestRequestMs),
  };
}

function targetOf({ command = [], url, token_file: tokenFile }: RawNotify, directory: string): NotifyTarget {
  const [program, ...args] = command;
  if (program !== undefined) return { kind: 'command', command: [program, ...args] };
  if (url === undefined) throw new CarbonationError('INTERNAL', 'a notifier was not checked');
  return { kind: 'url', url, tokenFile: tokenFile === undefined ? null : resolve(directory, tokenFile) };
}

/** A notifier without a name is known by what it calls: with another target it is another one. */
function nameOf({ name, command, url }: Readonly<Record<string, unknown>> | RawNotify): string {
  if (typeof name === 'string') return name;
  return `notify-${stableKey(JSON.stringify(command ?? url ?? null)).slice(0, 8)}`;
}

/** What a JSON schema cannot say about `[[notify]]`. */
export function notifyProblems(data: Data, file: string): Problem[] {
  const make = problemsOf(file);
  const watches = tablesOf(data['watch']).flatMap(([, { name }]) => (typeof name === 'string' ? [name] : []));
  const first = new Map<string, number>();
  return tablesOf(data['notify']).flatMap(([index, notify]) => {
    const problems: Problem[] = [];
    const at = (key: string) => ['notify', index, key];
    const targets = ['command', 'url'].filter((key) => notify[key] !== undefined);
    if (targets.length !== 1) {
      const found = targets.length === 0 ? 'neither' : 'both';
      problems.push(make.error(['notify', index], `expected a command or a url, found ${found}`));
    }
    if (typeof notify['url'] === 'string' && !URL.canParse(notify['url'])) {
      problems.push(make.error(at('url'), 'expected a URL, found a text that is none'));
    }
    if (notify['token_file'] !== undefined && notify['url'] === undefined) {
      problems.push(make.error(at('token_file'), 'belongs to a url; a command is given nothing but the event'));
    }
    const timeout = typeof notify['timeout'] === 'string' ? parseDuration(notify['timeout']) : null;
    if (notify['url'] !== undefined && timeout?.ok === true && timeout.value > longestRequestMs) {
      problems.push(make.warning(at('timeout'), 'is more than a request may take: it is given up after 5 minutes'));
    }
    const { watch } = notify;
    if (typeof watch === 'string' && !watches.includes(watch)) {
      problems.push(
        make.error(at('watch'), `there is no watch ${show(watch)}`, suggestFrom(watch, watches, 'watches')),
      );
    }
    const name = nameOf(notify);
    const earlier = first.get(name);
    if (earlier === undefined) first.set(name, index);
    else if (typeof notify['name'] === 'string') {
      problems.push(make.error(at('name'), `${show(name)} is the name of notify[${earlier}] too`));
    } else {
      const message = `calls the same as notify[${earlier}], and neither has a name`;
      problems.push(make.error(['notify', index], message, 'give each a name, by which its place is remembered'));
    }
    return problems;
  });
}
