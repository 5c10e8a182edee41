import type { ColumnSpec } from '../core/index.ts';
import type { SchemaContents, SchemaReport } from '../api/schema-report.ts';
import { printable } from '../core/printable.ts';
import { restoreRemedy } from '../store/database/away.ts';
import type { Difference } from '../store/schema/introspect.ts';
import { counted, type Paint } from './print.ts';
import { countsText, factLines, totalText } from './status-report.ts';

/** The report of `db status` for people: what must be done comes with how. */
export function schemaText(report: SchemaReport, paint: Paint): string {
  const { driver, migrations, drift, contents, wrongTotals, damage } = report;
  const facts: readonly (readonly [string, string])[] = [
    ['database', printable(`${report.database} (${report.driver})`)],
    ...(contents === null ? [] : contentFacts(contents)),
    ...(wrongTotals === null ? [] : [['totals', totalsText(wrongTotals, paint)] as const]),
    ...(driver === 'sqlite' ? [['file', damageText(damage, paint)] as const] : []),
  ];
  return [
    factLines(facts, paint),
    '',
    paint.bold('migrations'),
    ...migrations.applied
      .filter((name) => !migrations.unknown.includes(name))
      .map((name) => `  ${paint.green('applied')}  ${printable(name)}`),
    ...migrations.pending.map((name) => `  ${paint.yellow('pending')}  ${printable(name)}`),
    ...migrations.unknown.map((name) => `  ${paint.red('unknown')}  ${printable(name)}`),
    ...advice(report),
    '',
    paint.bold('drift'),
    ...(drift.length === 0
      ? ["  none: the table files has what the plugin's model says"]
      : drift.map((one) => `  ${printable(driftText(one))}`)),
    ...(drift.length > 0 && migrations.pending.length === 0
      ? ['  write a migration for it: `carbonation db revision -m "what changes" --autogenerate`']
      : []),
  ].join('\n');
}

function contentFacts(contents: SchemaContents): readonly (readonly [string, string])[] {
  return [
    ['files', countsText(contents.components)],
    ['groups', countsText(contents.groups)],
    ['delivery', totalText(contents.delivery)],
    ['archive', totalText(contents.archive)],
    ['without metadata', counted(contents.withoutMetadata, 'archived group')],
  ];
}

function totalsText(wrong: number, paint: Paint): string {
  if (wrong === 0) return 'counted: all as they are kept';
  return `${paint.red('wrong')}: ${counted(wrong, 'total')} not as counted; \`carbonation db upgrade\` counts them again`;
}

function damageText(damage: string | null, paint: Paint): string {
  if (damage === null) return 'read as a whole: sound';
  return `${paint.red('damaged')}: ${printable(damage)}; ${restoreRemedy}`;
}

function advice({ migrations: { pending, unknown } }: SchemaReport): readonly string[] {
  if (unknown.some((name) => name.startsWith('core/'))) {
    return ['  the database is newer than this program: install a newer carbonation'];
  }
  if (pending.length > 0) return ['  apply what is pending: `carbonation db upgrade`'];
  return unknown.length > 0 ? ["  unknown: applied, but not among the plugin's migrations any more"] : [];
}

/** One difference, seen from the table. */
function driftText(difference: Difference): string {
  switch (difference.kind) {
    case 'add':
      return `the column ${difference.name} is missing (${modelType(difference.column)})`;
    case 'drop':
      return `the column ${difference.name} is not in the model (${difference.type})`;
    case 'alter':
      return `the column ${difference.name} is ${difference.type}, the model says ${modelType(difference.column)}`;
    case 'addIndex':
      return `the index on ${difference.columns.join(', ')} is missing`;
    case 'dropIndex':
      return `the index on ${difference.columns.join(', ')} is not in the model`;
  }
}

/** A type as the model says it, with what two of one name may differ in. */
function modelType({ type, length, precision, scale }: ColumnSpec): string {
  if (type === 'decimal') return `decimal(${precision ?? ''},${scale ?? ''})`;
  return length === undefined ? type : `${type}(${length})`;
}
