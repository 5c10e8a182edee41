import { isPromise } from 'node:util/types';
import { messageOf } from '../errors/index.ts';
import { isPlainObject, kindOf, unknownKeys } from './checks.ts';
import { FilesTable, type MigrationStep, type PluginMigration } from './migration.ts';
import { columnNameProblems, columnSpecProblems } from './validate.ts';

/** What is wrong with one step of a migration, each as a sentence. */
function stepProblems(step: MigrationStep): string[] {
  switch (step.kind) {
    case 'addColumn':
    case 'alterColumn':
      return [...columnNameProblems(step.name), ...columnSpecProblems(step.name, step.column)];
    case 'dropColumn':
      return columnNameProblems(step.name);
    case 'addIndex':
    case 'dropIndex':
      if (step.columns.length === 0) return [`${step.kind} names no column`];
      return step.columns.some((name: unknown) => typeof name !== 'string')
        ? [`${step.kind} takes names, one after another: ${step.kind}('a', 'b')`]
        : [];
  }
}

/** Plays one direction of a migration; it only collects steps, so that this changes nothing. */
function directionProblems(direction: 'up' | 'down', play: unknown): string[] {
  if (play === undefined && direction === 'down') return [];
  if (typeof play !== 'function') return [`\`${direction}\` is ${kindOf(play)}; it must be a function`];
  const table = new FilesTable();
  try {
    const returned: unknown = Reflect.apply(play, undefined, [table]);
    if (isPromise(returned)) {
      // Its failure is of no interest any more, but unhandled it would end the process.
      returned.catch(() => undefined);
      return [`\`${direction}\` is asynchronous; it can only list changes`];
    }
  } catch (thrown) {
    return [`\`${direction}\` failed: ${messageOf(thrown)}`];
  }
  return table.steps.flatMap(stepProblems).map((problem) => `\`${direction}\`: ${problem}`);
}

/** Everything that is wrong with what a migration file exports, each as a sentence. */
export function migrationProblems(value: unknown): string[] {
  if (!isPlainObject(value)) {
    return [`its default export is ${kindOf(value)}; make it with \`definePluginMigration({ … })\``];
  }
  const problems = unknownKeys(value, ['dependsOn', 'up', 'down'], 'the migration');
  const { dependsOn, up, down } = value;
  if (typeof dependsOn !== 'string' || !/^core\/[\w-]+$/.test(dependsOn)) {
    problems.push('`dependsOn` must name a migration of the core, e.g. "core/0001_initial"');
  }
  return [...problems, ...directionProblems('up', up), ...directionProblems('down', down)];
}

/** Whether a value is a sound migration, see {@link migrationProblems}. */
export function isPluginMigration(value: unknown): value is PluginMigration {
  return migrationProblems(value).length === 0;
}
