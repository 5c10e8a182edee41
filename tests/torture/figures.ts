import type { DriverName } from '../../src/config/types.ts';

/** How much is done, and how it is repeated: settings of a torture run. */
export const settings = {
  /** Of the random sequences and the soak; printed, so that a run can be repeated. */
  seed: Number(process.env['TORTURE_SEED'] ?? Date.now() % 2 ** 31),
  /** Random sequences. */
  runs: Number(process.env['TORTURE_RUNS'] ?? 40),
  /** Kills of the soak. */
  kills: Number(process.env['TORTURE_KILLS'] ?? 300),
  /** Of the crash points and the failing operations each so-many-th is tried, beginning with the seed's. */
  every: Number(process.env['TORTURE_EVERY'] ?? 1),
  /** Pieces of work at the same time. */
  lanes: Number(process.env['TORTURE_LANES'] ?? 2),
  /** Of crash points, states and failing operations. */
  database: driverOf(process.env['TORTURE_DATABASE'] ?? 'sqlite'),
  /** These have the live service instead of `run --once`. */
  isLive: process.env['TORTURE_LIVE'] === '1',
} as const;

function driverOf(name: string): DriverName {
  if (name === 'sqlite' || name === 'postgresql' || name === 'mariadb') return name;
  throw new Error(`TORTURE_DATABASE=${name}: there are sqlite, postgresql and mariadb`);
}

/** Those of all that are tried. */
export function chosen<Item>(all: readonly Item[]): readonly Item[] {
  return all.filter((_, i) => (i + settings.seed) % settings.every === 0);
}

/** Of what crash points, states and failing operations are, for their figures. */
export const where = { database: settings.database, live: String(settings.isLive) } as const;

/** Prints a line of the closing figures. */
export function print(what: string, figures: Readonly<Record<string, number | string>>, since: number): void {
  const all = { ...figures, seconds: Math.round((performance.now() - since) / 1000) };
  const text = Object.entries(all).map(([name, value]) => `${name} ${value}`);
  process.stdout.write(`TORTURE ${what}: ${text.join(', ')}\n`);
}
