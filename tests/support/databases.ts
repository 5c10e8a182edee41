import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type * as Postgresql from '@mikro-orm/postgresql';
import { vi } from 'vitest';

import type { DatabaseConfig, DriverName } from '../../src/config/types.ts';
import { configOnServer, databaseName, makeOnServer, sharedDrivers, type TestDatabase } from './servers.ts';

export { sharedDrivers, type TestDatabase };

/** Whether PostgreSQL is PGlite, which runs in this process. */
const pglite = vi.hoisted(() => ({ isUsed: false }));

vi.mock('@mikro-orm/postgresql', async (original) => {
  const real = await original<typeof Postgresql>();
  const { onPglite } = await import('./pglite.ts');
  // Called with `new`: what it returns takes the place of what that would make.
  const MikroORM = function (options: ConstructorParameters<typeof real.MikroORM>[0]) {
    return pglite.isUsed ? onPglite(options) : new real.MikroORM(options);
  };
  return { ...real, MikroORM };
});

/** The databases that can be tested here; without a server, PostgreSQL is PGlite, in this process only. */
export async function availableDrivers(): Promise<readonly DriverName[]> {
  const shared = await sharedDrivers();
  pglite.isUsed = !shared.includes('postgresql');
  return pglite.isUsed ? ['sqlite', 'postgresql', ...shared.slice(1)] : shared;
}

/** Whether a driver's databases are on a server of its own; PGlite and SQLite are not. */
export function hasServer(driver: DriverName): boolean {
  return driver !== 'sqlite' && !(driver === 'postgresql' && pglite.isUsed);
}

/** Makes an empty database. */
export async function makeDatabase(driver: DriverName): Promise<TestDatabase> {
  if (driver === 'sqlite') {
    const directory = mkdtempSync(join(tmpdir(), 'carbonation-store-'));
    const config: DatabaseConfig = {
      driver: 'sqlite',
      name: join(directory, 'carbonation.db'),
      host: null,
      port: null,
      username: null,
      password: null,
      tls: 'off',
      ca: null,
    };
    return { config, drop: async () => rmSync(directory, { recursive: true }) };
  }
  if (driver === 'postgresql' && pglite.isUsed) {
    const { dropPglite, makePglite } = await import('./pglite.ts');
    const name = databaseName();
    await makePglite(name);
    return { config: configOnServer(driver, name), drop: () => dropPglite(name) };
  }
  return makeOnServer(driver);
}
