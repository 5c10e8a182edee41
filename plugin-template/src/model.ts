/**
 * The columns that this plugin adds to the table `files`, one row per group.
 *
 * Each is a name that `destination` in config.toml and the rules can use
 * (`{category}/{start:%Y%m%d}`). All of them may be null: a group has its row
 * before its metadata is known.
 *
 * A column that is added, changed or removed here needs a new file in
 * migrations/, with the next number.
 */
import { column, defineFileModel } from 'carbonation';

export const File = defineFileModel({
  /** First and last moment that the data cover. The first is indexed, because lists are ordered by it: see `queryDefaults`. */
  start: column.datetime({ index: true }),
  stop: column.datetime(),
  /** What kind of data it is. Indexed, because people search for it. */
  category: column.text({ length: 255, index: true }),
  /** Who delivered it. */
  source: column.text({ length: 255 }),
});
