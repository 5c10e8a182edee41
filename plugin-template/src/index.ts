/**
 * The plugin's main module: carbonation imports it and takes its default export.
 *
 * The keys below (`sample`, `should_archive`) are the names that rules.toml uses.
 * `carbonation check config` tells when rules.toml names one that is not here.
 */
import { join } from 'node:path';
import { definePlugin } from 'carbonation';
import { sample } from './extractors.ts';
import { File } from './model.ts';
import { shouldArchive } from './rules.ts';

export default definePlugin({
  // The columns that this plugin adds to the table `files`.
  fileModel: File,

  // rules.toml: [my-rules.metadata] extract = "sample"
  extractors: { sample },

  // rules.toml: [[my-rules.selection]] type = "plugin", function = "should_archive"
  selectionFunctions: { should_archive: shouldArchive },

  // Three more kinds of functions can be given: groupFunctions (which files belong together),
  // routingFunctions (which archive a group goes to) and integrityFunctions (is this file sound).

  // Where the changes of the columns are written down, see migrations/0001_initial.ts.
  migrationsPath: join(import.meta.dirname, '..', 'migrations'),

  // How lists of groups are ordered when nothing else is asked for.
  queryDefaults: { orderBy: '-start' },
});
