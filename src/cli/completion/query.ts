import { describeFilters, otherFlags } from '../../api/query.ts';
import type { ColumnSpecs } from '../../core/index.ts';
import { queryFormats, takesValue } from '../query-arguments.ts';
import { filterOptions, type CompletedOption } from './commands.ts';

/** The options of `query files`, with the filters that the plugin's columns make. */
export function queryOptions(columns: ColumnSpecs): readonly CompletedOption[] {
  const others = otherFlags
    // The parser has these.
    .filter((flag) => !['--config', '--verbose', '--help'].includes(flag))
    .map((flag) => ({
      flags: [flag],
      description: '',
      takesValue: takesValue(flag),
      values: flag === '--format' ? queryFormats : [],
    }));
  return [...others, ...filterOptions(describeFilters(columns))];
}
