import type { ColumnSpec } from '../core/index.ts';

/** One change of a plugin to its own columns in `files`; plain data, rendered for each database by the store. */
export type MigrationStep =
  | { readonly kind: 'addColumn'; readonly name: string; readonly column: ColumnSpec }
  | { readonly kind: 'dropColumn'; readonly name: string }
  | { readonly kind: 'alterColumn'; readonly name: string; readonly column: ColumnSpec }
  | { readonly kind: 'addIndex'; readonly columns: readonly string[] }
  | { readonly kind: 'dropIndex'; readonly columns: readonly string[] };

/** The changes of one plugin migration, in order. */
export class FilesTable {
  /** What the methods have noted, in the order of their calls. */
  readonly steps: MigrationStep[] = [];

  /** A new column; the groups that there are have no value in it. */
  addColumn(name: string, column: ColumnSpec): this {
    this.steps.push({ kind: 'addColumn', name, column });
    return this;
  }

  /** Takes a column away, with all its values; an index on it goes first, by `dropIndex`. */
  dropColumn(name: string): this {
    this.steps.push({ kind: 'dropColumn', name });
    return this;
  }

  /** Gives a column another type or length. A value that is no value of the new type stops the migration. */
  alterColumn(name: string, column: ColumnSpec): this {
    this.steps.push({ kind: 'alterColumn', name, column });
    return this;
  }

  /** An index on one column, or on several together. */
  addIndex(...columns: readonly string[]): this {
    this.steps.push({ kind: 'addIndex', columns });
    return this;
  }

  /** Takes away the index that is on these columns. */
  dropIndex(...columns: readonly string[]): this {
    this.steps.push({ kind: 'dropIndex', columns });
    return this;
  }
}

/** A migration of a plugin's own branch: the default export of a file in its `migrationsPath`. */
export interface PluginMigration {
  /** The core migration that must be applied before, e.g. `core/0001_initial`. */
  readonly dependsOn: string;
  /** Notes the changes. */
  readonly up: (files: FilesTable) => void;
  /** Notes what takes them back; no command does. */
  readonly down?: (files: FilesTable) => void;
}

/** Declares a plugin migration; its name is its file's name, its order the order of names. */
export function definePluginMigration(migration: PluginMigration): PluginMigration {
  return migration;
}
