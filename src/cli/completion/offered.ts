import { states } from '../../api/query-values.ts';
import { chartNames } from '../../audit/charts.ts';
import type { Config } from '../../config/types.ts';
import type { OfferedWords } from './commands.ts';

/** The shells that there is a completion for. */
export const shells = ['bash', 'zsh', 'fish'] as const;

/** What is offered as values and arguments. @param config - null: there is none, or it is invalid */
export function offeredWords(config: Config | null): OfferedWords {
  const watches = config?.watches ?? [];
  const names = watches.map(({ name }) => name);
  return {
    options: {
      '--watch': names,
      '--watch-name': names,
      '--type': [...new Set(watches.flatMap(({ type }) => type ?? []))],
      '--archive': (config?.archives ?? []).map(({ name }) => name),
      '--state': states,
    },
    arguments: { chart: chartNames, completion: shells },
  };
}
