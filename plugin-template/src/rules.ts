/**
 * Functions that rules.toml can call where its own conditions do not suffice.
 */
import type { SelectionFunction } from 'carbonation';

/**
 * Whether a group is archived. `metadata` is what the extractor returned, a date
 * as `Date`; everything else comes from `kwargs` of the rule:
 *
 * ```toml
 * [[my-rules.selection]]
 * type = "plugin"
 * function = "should_archive"
 * kwargs = { unwanted = ["test"] }
 * ```
 *
 * A group that is turned down is not lost: it is judged again when rules.toml
 * changes, as long as its files are still in the delivery directory.
 */
export const shouldArchive: SelectionFunction = ({ metadata, unwanted }) => {
  const categories: readonly unknown[] = Array.isArray(unwanted) ? unwanted : [];
  return metadata['start'] instanceof Date && !categories.includes(metadata['category']);
};
