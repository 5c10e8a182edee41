import type { ColumnSpec } from '../core/index.ts';
import type { MigrationStep } from './migration.ts';

/** What a new migration file says. */
export interface MigrationText {
  /** What the migration is for, as its author said it. */
  readonly message: string;
  readonly dependsOn: string;
  readonly up: readonly MigrationStep[];
  readonly down: readonly MigrationStep[];
}

/**
 * The name of a new migration: the next number, of as many digits as the last one's, and the words of its message,
 * `0002_add_orbit`. Migrations are applied in the order of their names: null if such a name would come before one that there is.
 */
export function migrationName(existing: readonly string[], message: string): string | null {
  const last = existing.toSorted().at(-1) ?? '0000';
  const [digits = ''] = /^\d+/.exec(last) ?? [];
  const next = String(Number(digits) + 1).padStart(digits.length, '0');
  const words = message
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/\p{Mark}/gu, '')
    .replaceAll(/[^a-z0-9]+/g, '_')
    .slice(0, 50)
    .replaceAll(/^_+|_+$/g, '');
  const name = `${next}_${words === '' ? 'revision' : words}`;
  return name > last ? name : null;
}

/** The text of a migration file; TypeScript and JavaScript alike. */
export function migrationText({ message, dependsOn, up, down }: MigrationText): string {
  const usesColumn = [...up, ...down].some(({ kind }) => kind === 'addColumn' || kind === 'alterColumn');
  const comment = message.replaceAll(/\s+/g, ' ').replaceAll('*/', '* /').trim();
  const hint =
    up.length === 0
      ? [
          "  // files.addColumn('orbit', column.integer()), dropColumn, alterColumn, addIndex, dropIndex;",
          "  // `column` is imported from 'carbonation'.",
        ]
      : [];
  return [
    `/** ${comment === '' ? 'A change of the columns.' : comment} */`,
    `import { ${usesColumn ? 'column, ' : ''}definePluginMigration } from 'carbonation';`,
    '',
    'export default definePluginMigration({',
    `  dependsOn: '${dependsOn}',`,
    '',
    ...hint,
    `  up: ${play(up)},`,
    '',
    `  down: ${play(down)},`,
    '});',
    '',
  ].join('\n');
}

function play(steps: readonly MigrationStep[]): string {
  if (steps.length === 0) return '() => {}';
  return `(files) => {\n${steps.map((step) => `    files.${stepText(step)};`).join('\n')}\n  }`;
}

/** A step as it is called, `addColumn('orbit', column.integer())`. */
export function stepText(step: MigrationStep): string {
  switch (step.kind) {
    case 'addColumn':
    case 'alterColumn':
      return `${step.kind}('${step.name}', ${columnText(step.column)})`;
    case 'dropColumn':
      return `dropColumn('${step.name}')`;
    case 'addIndex':
    case 'dropIndex':
      return `${step.kind}(${step.columns.map((name) => `'${name}'`).join(', ')})`;
  }
}

/** A column without its index, as a migration makes it: `column.text({ length: 20 })`. */
export function columnText({ type, length, precision, scale }: ColumnSpec): string {
  const options = Object.entries({ length, precision, scale })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${value}`);
  return `column.${type}(${options.length === 0 ? '' : `{ ${options.join(', ')} }`})`;
}
