import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { installedProgram } from './build.ts';
import { Root } from './files.ts';
import { tableOf, type Line } from './figures.ts';
import { isUsageError, orderOf, type Order } from './order.ts';
import { deliver, makeProject, settled } from './project.ts';
import { carbonation, program } from './process.ts';
import { writeResult } from './readme.ts';
import type { Part, Settings } from './types.ts';

/** What a part has at hand while it measures. */
export interface Bench<Given extends Settings> {
  /** The part's settings: its defaults, or what the command line says. */
  readonly settings: Given;
  /** The path of a directory that does not exist yet; all of them are removed at the end of the run, none before. */
  fresh(name: string): string;
  /** Says on stderr what is being done, or something that the reader of the figures must know. */
  say(line: string): void;
}

export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/**
 * Defines a part: `export const burst = definePart({ name: 'burst', title: …, defaults: { groups: 10_000 }, measure })`, and
 * below it `if (import.meta.main) await runParts([burst]);`. `measure` throws when the outcome of what it measured is
 * wrong, and then no figure of the part is printed.
 */
export function definePart<Given extends Settings>({
  name,
  title,
  defaults,
  measure,
}: {
  readonly name: string;
  readonly title: string;
  readonly defaults: Given;
  readonly measure: (bench: Bench<Given>) => Promise<readonly Line[]>;
}): Part {
  return {
    name,
    title,
    defaults,
    measure(given, root) {
      const settings = { ...defaults, ...given };
      return measure({ settings, fresh: (what) => root.fresh(`${name}-${what}`), say: (line) => say(`  ${line}`) });
    },
  };
}

/** What the figures of a run were taken on. */
function machine(root: Root): string {
  const spread = root.isSpread ? '' : '; no chattr +T there: figures may suffer from files deleted before';
  return `${cpus().length} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), Node ${process.version}, on ${root.fileSystem}${spread}`;
}

/** What a part of a run printed. */
async function resultOf(part: Part, given: Settings, root: Root): Promise<string> {
  const own = Object.fromEntries(
    Object.keys(part.defaults).flatMap((name) => (given[name] === undefined ? [] : [[name, given[name]]])),
  );
  const settings = Object.entries({ ...part.defaults, ...own }).map(([name, value]) => `${name} ${value}`);
  say(`${part.name}: ${settings.join(', ')}`);
  const [load] = loadavg();
  const lines = await part.measure(own, root);
  const when = new Date().toISOString().slice(0, 10);
  return [
    `${part.name}: ${part.title}`,
    `${settings.join(', ')}; ${machine(root)}; load before it ${load?.toFixed(1) ?? 'unknown'}; ${when}`,
    tableOf(lines),
  ].join('\n');
}

/** Has Node compile the program once, as on a machine where it has run before; and fills the cache of the disk. */
async function warmUp(directory: string): Promise<void> {
  makeProject(directory);
  deliver(join(directory, 'delivery'), 1);
  await settled();
  carbonation(directory, 'run', '--once');
}

/**
 * Runs the parts that the command line names, else all of them, one after the other, and prints a table a part. A part
 * that fails is said and the next one has its turn; the process then ends with 1.
 */
export async function runParts(parts: readonly Part[], args: readonly string[] = process.argv.slice(2)): Promise<void> {
  let order: Order;
  try {
    order = orderOf(parts, args);
  } catch (error) {
    if (!isUsageError(error)) throw error;
    say(error.message);
    process.exitCode = 2;
    return;
  }
  using root = new Root();
  process.once('SIGINT', () => {
    root[Symbol.dispose]();
    process.exit(130);
  });
  program.bin = installedProgram(root.fresh('program'));
  await warmUp(root.fresh('warm-up'));
  for (const part of order.chosen) {
    try {
      const result = await resultOf(part, order.given, root);
      process.stdout.write(`${result}\n\n`);
      if (order.write) writeResult(part.name, result);
    } catch (error) {
      process.exitCode = 1;
      say(
        `!!! ${part.name} has no figures: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
    }
  }
}
