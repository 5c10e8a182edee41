import { PGlite } from '@electric-sql/pglite';
import { PglitePlatform, MikroORM as PgliteOrm } from '@mikro-orm/pglite';
import type { MikroORM as PostgresOrm } from '@mikro-orm/postgresql';

type Options = ConstructorParameters<typeof PostgresOrm>[0];

// The core's migration tells the databases apart by the name of their platform.
Object.defineProperty(PglitePlatform, 'name', { value: 'PostgreSqlPglitePlatform' });

const databases = new Map<string, PGlite>();

/** Makes an empty PostgreSQL database in this process; a server is not needed. */
export async function makePglite(name: string): Promise<void> {
  databases.set(name, await PGlite.create());
}

/** Removes a database that {@link makePglite} made. */
export async function dropPglite(name: string): Promise<void> {
  await databases.get(name)?.close();
  databases.delete(name);
}

/** What takes the place of `new MikroORM` of `@mikro-orm/postgresql`: databases of this process by their name. */
export function onPglite(options: Options): PgliteOrm {
  const pglite = databases.get(options.dbName ?? '');
  if (pglite === undefined) throw Object.assign(new Error('no such database'), { code: '3D000' });
  const { entities = [], migrations = {}, discovery = {} } = options;
  return new PgliteOrm({
    entities: [...entities],
    migrations,
    discovery,
    dbName: options.dbName ?? '',
    ensureDatabase: false,
    forceUtcTimezone: true,
    debug: false,
    driverOptions: { pglite },
  });
}
