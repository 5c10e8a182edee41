import type { Project } from '../api/project.ts';
import { printable } from '../core/printable.ts';
import { counted, paintFor, printLine, type PrintContext } from './print.ts';

/** Says, when it is called, that another process holds up the migrations. */
export function sayThatItWaits({ stderr }: PrintContext): () => void {
  return () => void stderr.write('another process works on the database: it is waited for, 2 minutes at most\n');
}

/** Says which migrations were applied, or that there was nothing to do. */
export async function printMigrations(
  context: PrintContext,
  applied: readonly string[],
  { config }: Project,
): Promise<void> {
  const paint = await paintFor(context.stdout, context.env);
  const name = printable(config.database.name);
  if (applied.length === 0) {
    printLine(context, `nothing to do: the database ${name} is up to date`);
    return;
  }
  for (const migration of applied) printLine(context, `${paint.green('APPLIED')} ${printable(migration)}`);
  printLine(context, `${counted(applied.length, 'migration')} applied to the database ${name}`);
}
