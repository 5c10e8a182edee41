import { column, definePluginMigration } from 'carbonation';

export default definePluginMigration({
  dependsOn: 'core/0001_initial',
  up: (files) => {
    files
      .addColumn('shape_type', column.text({ length: 20 }))
      .addColumn('records', column.integer())
      .addColumn('updated', column.datetime())
      .addColumn('west', column.float())
      .addColumn('south', column.float())
      .addColumn('east', column.float())
      .addColumn('north', column.float())
      .addIndex('shape_type')
      .addIndex('updated');
  },
  down: (files) => {
    files.dropIndex('updated').dropIndex('shape_type');
    for (const name of ['north', 'east', 'south', 'west', 'updated', 'records', 'shape_type']) files.dropColumn(name);
  },
});
