import { describeFilters, otherFlags, queryColumns } from '../../api/query.ts';
import type { ColumnSpecs } from '../../core/index.ts';
import { queryFormats, takesValue } from '../query-arguments.ts';
import { filterOptions, type CompletedOption, type OfferedWords } from './commands.ts';

/** The options of `query files`, with the filters that the plugin's columns make. */
export function queryOptions(columns: ColumnSpecs, offered: OfferedWords['options']): readonly CompletedOption[] {
  const names = queryColumns(columns).map(({ name }) => name);
  const others: OfferedWords['options'] = { '--format': queryFormats, '--columns': names, '--order-by': names };
  const options = otherFlags
    // The parser has these.
    .filter((flag) => !['--config', '--verbose', '--help'].includes(flag))
    .map((flag) => ({
      flags: [flag],
      description: '',
      takesValue: takesValue(flag),
      values: others[flag] ?? [],
      isList: flag === '--columns',
    }));
  return [...options, ...filterOptions(describeFilters(columns), offered)];
}
