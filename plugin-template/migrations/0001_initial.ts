/**
 * Puts the columns of src/model.ts into the database. `carbonation db upgrade`
 * applies the files of this directory in the order of their names, each once.
 *
 * A migration that has been applied anywhere is never edited again: the next
 * change is a new file, 0002_….ts.
 */
import { column, definePluginMigration } from 'carbonation';

export default definePluginMigration({
  // The core's migration that makes the table `files`.
  dependsOn: 'core/0001_initial',

  // The columns are spelled out and not imported from the model: the model moves on, this file does not.
  up: (files) => {
    files
      .addColumn('start', column.datetime())
      .addColumn('stop', column.datetime())
      .addColumn('category', column.text({ length: 255 }))
      .addColumn('source', column.text({ length: 255 }))
      .addIndex('start')
      .addIndex('category');
  },

  down: (files) => {
    files
      .dropIndex('category')
      .dropIndex('start')
      .dropColumn('source')
      .dropColumn('category')
      .dropColumn('stop')
      .dropColumn('start');
  },
});
