import { rmSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { makeDirectories, writeNewFile } from '../core/new-file.ts';
import { CarbonationError, messageOf } from '../errors/index.ts';
import { migrationsDirectory, type MigrationStep } from '../plugin/index.ts';
import { migrationNames } from '../plugin/load.ts';
import { migrationName, migrationText } from '../plugin/migration-text.ts';
import { readPackageJson } from '../plugin/package-json.ts';
import type * as ColumnTypes from '../store/schema/column-types.ts';
import type { Difference } from '../store/schema/introspect.ts';
import { openSchema } from './database.ts';
import type { Project } from './project.ts';

/** A migration file that was written. */
export interface Revision {
  /** Absolute path. */
  readonly path: string;
  readonly steps: readonly MigrationStep[];
}

/**
 * Writes the next migration of the project's plugin.
 *
 * @param options.autogenerate Fill it with what the plugin's model and the table `files` differ in; otherwise it is
 *   empty and the database is not touched.
 * @returns Null: there is no difference, nothing was written.
 * @throws CarbonationError DATABASE_MISSING, SCHEMA_BEHIND, SCHEMA_NEWER … with `autogenerate`, whose base must be a
 *   database with all migrations; SCAFFOLD_FAILED when the file cannot be written, or the plugin is an installed package
 */
export async function writeRevision(
  project: Project,
  options: { readonly message: string; readonly autogenerate: boolean },
): Promise<Revision | null> {
  const directory = migrationsDirectory(project.plugin, project.location);
  assertOwn(directory);
  const { up, down } = options.autogenerate ? await generate(project) : { up: [], down: [] };
  if (options.autogenerate && up.length === 0) return null;
  const { coreMigrations } = await import('../../migrations/index.ts');
  const text = migrationText({
    message: options.message,
    dependsOn: coreMigrations.at(-1)?.name ?? 'core/0001_initial',
    up,
    down,
  });
  const names = migrationNames(directory, project.location);
  const name = migrationName(names, options.message);
  if (name === null) throw outOfOrder(names.at(-1) ?? '');
  if (options.autogenerate) assertNoOther(project, names);
  const path = join(directory, `${name}${extensionFor(project, directory)}`);
  try {
    await makeDirectories(directory);
    await writeNewFile(path, text);
  } catch (thrown) {
    throw new CarbonationError('SCAFFOLD_FAILED', `${path} cannot be written: ${messageOf(thrown)}`, { cause: thrown });
  }
  if (options.autogenerate) {
    try {
      assertNoOther(project, migrationNames(directory, project.location), name);
    } catch (thrown) {
      // Of two of the same moment at most one stays.
      rmSync(path, { force: true });
      throw thrown;
    }
  }
  return { path, steps: up };
}

/**
 * What another process has written since this one has read the migrations holds the same differences: together they could not
 * be applied.
 *
 * @throws CarbonationError SCHEMA_BEHIND, as if it had been there before
 */
function assertNoOther({ migrations }: Project, names: readonly string[], own?: string): void {
  const known = new Set([...migrations.map(({ name }) => name), own]);
  const other = names.find((name) => !known.has(name));
  if (other === undefined) return;
  throw new CarbonationError('SCHEMA_BEHIND', `the migration ${other} has been written meanwhile`, {
    remedy: 'run `carbonation db upgrade`, then this again, if there is still a difference',
  });
}

/** @throws CarbonationError SCAFFOLD_FAILED for what the next installation replaces */
function assertOwn(directory: string): void {
  if (!directory.split(sep).includes('node_modules')) return;
  throw new CarbonationError(
    'SCAFFOLD_FAILED',
    `${directory} is of an installed package: its next version would lack the file`,
    {
      remedy:
        'write it where the plugin is made, with `[plugins] package` naming that directory; then install the new version',
    },
  );
}

function outOfOrder(last: string): CarbonationError {
  return new CarbonationError('SCAFFOLD_FAILED', `no number comes after the migration ${last} in the order of names`, {
    remedy: `write the file by hand, under a name that comes after "${last}" in the order of letters`,
  });
}

/** In the language of the main module, and such that Node takes it for an ES module, without a doubt that it would warn of each time. */
function extensionFor({ location }: Project, directory: string): string {
  const [, module = '', language = ''] = /\.([cm]?)([jt]s)$/.exec(location.url) ?? [];
  const type = typeOfModules(directory);
  const isSaid = type === 'module' || type === null;
  return `.${module === 'm' || !isSaid ? 'm' : ''}${language === 'ts' ? 'ts' : 'js'}`;
}

/** What the package.json nearest to a directory says of the modules there, if anything; null: there is none, and nothing to be said. */
function typeOfModules(directory: string): unknown {
  const content = readPackageJson(directory);
  if (content !== null) return content['type'];
  return dirname(directory) === directory ? null : typeOfModules(dirname(directory));
}

type Steps = { readonly up: readonly MigrationStep[]; readonly down: readonly MigrationStep[] };

async function generate(project: Project): Promise<Steps> {
  const types = await import('../store/schema/column-types.ts');
  const { differences, readLiveFiles } = await import('../store/schema/introspect.ts');
  const { sql, close } = await openSchema(project);
  try {
    const found = differences(await readLiveFiles(sql), project.plugin.fileModel.columns, sql.dialect.driver);
    const pairs = found.map((difference) => stepsOf(difference, types));
    return { up: pairs.flatMap(({ up }) => up), down: pairs.toReversed().flatMap(({ down }) => down) };
  } finally {
    await close();
  }
}

function stepsOf(difference: Difference, types: typeof ColumnTypes): Steps {
  const { columnOf, isConvertible } = types;
  switch (difference.kind) {
    case 'add':
      return { up: [addColumn(difference)], down: [dropColumn(difference)] };
    case 'drop': {
      const column = columnOf(difference.type);
      return { up: [dropColumn(difference)], down: [addColumn({ name: difference.name, column })] };
    }
    case 'alter': {
      const { name, column } = difference;
      const before = columnOf(difference.type);
      if (isConvertible(before.type, column.type) && isConvertible(column.type, before.type)) {
        return {
          up: [{ kind: 'alterColumn', name, column }],
          down: [{ kind: 'alterColumn', name, column: before }],
        };
      }
      // No database turns a moment into a number: the column begins anew, without its values.
      return {
        up: [dropColumn({ name }), addColumn({ name, column })],
        down: [dropColumn({ name }), addColumn({ name, column: before })],
      };
    }
    case 'addIndex':
      return {
        up: [{ kind: 'addIndex', columns: difference.columns }],
        down: [{ kind: 'dropIndex', columns: difference.columns }],
      };
    case 'dropIndex':
      return {
        up: [{ kind: 'dropIndex', columns: difference.columns }],
        down: [{ kind: 'addIndex', columns: difference.columns }],
      };
  }
}

function addColumn({ name, column }: Pick<Difference & { kind: 'add' }, 'name' | 'column'>): MigrationStep {
  return { kind: 'addColumn', name, column };
}

function dropColumn({ name }: { readonly name: string }): MigrationStep {
  return { kind: 'dropColumn', name };
}
