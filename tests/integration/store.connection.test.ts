import { readFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { platform } from 'node:os';
import timers from 'node:timers';
import type { CompiledQuery } from 'kysely';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { DatabaseConfig } from '../../src/config/types.ts';
import { sqlOf } from '../../src/store/database/client.ts';
import { openOrm, sqlOn, type Sql } from '../../src/store/index.ts';
import { closeOrm, connectionOf } from '../../src/store/database/orm.ts';
import { prepareConnection } from '../../src/store/database/session.ts';
import { availableDrivers, hasServer, makeDatabase } from '../support/databases.ts';
import { listen } from '../support/listen.ts';
import { TestProject, until } from '../support/project.ts';
import { Proxy } from '../support/proxy.ts';
import { authority, behindTls } from '../support/tls-front.ts';

const drivers = (await availableDrivers()).filter(hasServer);

/** The kernel's timers of connections to a port: what they are for, and how long they have to go, in ticks of 10 ms (proc(5)). */
async function timersOfConnections(port: number): Promise<readonly { kind: number; ms: number }[]> {
  const remote = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const lines = (await readFile('/proc/net/tcp', 'utf8')).split('\n').map((line) => line.trim().split(/\s+/));
  return lines
    .filter(([, , to, state]) => to?.endsWith(remote) === true && state === '01')
    .map(([, , , , , timer = '']) => {
      const [kind = '', ticks = ''] = timer.split(':');
      return { kind: parseInt(kind, 16), ms: parseInt(ticks, 16) * 10 };
    });
}

const somewhere = {
  name: 'x',
  host: '127.0.0.1',
  username: 'somebody',
  password: 'secret',
  tls: 'off',
  ca: null,
} as const;

describe.each(drivers)('a connection to %s', (driver) => {
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  it.runIf(platform() === 'linux')('is asked by the kernel whether there is still somebody at its end', async () => {
    const project = await TestProject.create({ database: driver });
    const proxy = await Proxy.before(project);
    const orm = await openOrm((await project.open()).config.database, {}, { create: false });
    onTestFinished(() => closeOrm(orm));
    // 2: keepalive. Another timer may run as long as the last packet has not been acknowledged.
    await until('the connection is idle', async () => (await timersOfConnections(proxy.port))[0]?.kind === 2);
    expect((await timersOfConnections(proxy.port))[0]?.ms).toBeLessThanOrEqual(11_000);
  });

  it('that is accepted and not answered is not waited for for ever, be the database to be made or not', async () => {
    const sockets = new Set<Socket>();
    const silent = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
      socket.resume();
    });
    const port = await listen(silent);
    onTestFinished(() => void silent.close());
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    // MariaDB's driver takes its timers from the module, which the fake ones do not replace.
    vi.spyOn(timers, 'setTimeout').mockImplementation((run, ms) => setTimeout(() => run(), ms));
    vi.spyOn(timers, 'clearTimeout').mockImplementation((timer) => clearTimeout(timer));
    let isOver = false;
    const opened = Promise.all(
      [false, true].map((create) =>
        openOrm({ ...somewhere, driver, port }, {}, { create }).catch((error: unknown) => error),
      ),
    ).finally(() => (isOver = true));
    while (!isOver) {
      await vi.advanceTimersByTimeAsync(1000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const unreachable = { code: 'DATABASE_UNREACHABLE' };
    expect(await opened).toMatchObject([unreachable, unreachable]);
    vi.useRealTimers();
    await until('no connection is left', () => sockets.size === 0);
  });
});

it('a password comes to PostgreSQL', async () => {
  const said: string[] = [];
  // As its protocol has it: a server that asks for the password as it is, and then is gone.
  const asking = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      socket.write(Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]));
      socket.once('data', (answer) => {
        said.push(answer.subarray(5, -1).toString());
        socket.destroy();
      });
    });
  });
  const port = await listen(asking);
  onTestFinished(() => void asking.close());
  const opening = openOrm({ ...somewhere, driver: 'postgresql', port }, {}, { create: false });
  await expect(opening).rejects.toMatchObject({ code: 'DATABASE_UNREACHABLE' });
  expect(new Set(said)).toEqual(new Set(['secret']));
});

it('a password that PostgreSQL asks for, and nobody has given, is said to lack', async () => {
  /** A message of the server's: `R`, its length, what it asks for. */
  const ask = (kind: number, rest: string) => {
    const body = Buffer.from(rest);
    const head = Buffer.alloc(9, 'R');
    head.writeInt32BE(8 + body.length, 1);
    head.writeInt32BE(kind, 5);
    return Buffer.concat([head, body]);
  };
  const asking = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      socket.write(ask(10, 'SCRAM-SHA-256\0\0'));
      socket.once('data', () => socket.write(ask(11, 'r=1,s=MTIz,i=4096')));
    });
  });
  const port = await listen(asking);
  onTestFinished(() => void asking.close());
  const opening = openOrm({ ...somewhere, password: null, driver: 'postgresql', port }, {}, { create: false });
  await expect(opening).rejects.toMatchObject({
    code: 'DATABASE_DENIED',
    message: expect.stringMatching(/there is none$/),
    remedy: expect.stringMatching(/^check `username` and the password/),
  });
});

it.runIf(drivers.includes('mariadb')).each([
  ['account lock', /account is locked/, /^check `username`/],
  ['password expire', /SET PASSWORD/, /^check `username`/],
])('what MariaDB has against a user is said, not that it is down: %s', async (option, message, remedy) => {
  const { config, drop } = await makeDatabase('mariadb');
  const orm = await openOrm(config, {}, { create: false });
  const sql = sqlOn(orm, 'mariadb');
  // Behind a letter: digits with an `e` among them would be a number.
  const user = `user_${config.name.slice(-12)}`;
  // One without a name may be there for this machine, and be taken for it.
  const users = `${user}@'%', ${user}@'localhost'`;
  onTestFinished(async () => {
    await sql.run(`drop user if exists ${users}`);
    await closeOrm(orm);
    await drop();
  });
  await sql.run(`create user ${users} ${option}`);
  for (const each of users.split(', ')) await sql.run(`grant all on ${config.name}.* to ${each}`);
  const opening = openOrm({ ...config, username: user, password: null }, {}, { create: false });
  await expect(opening).rejects.toMatchObject({
    code: 'DATABASE_DENIED',
    message: expect.stringMatching(message),
    remedy: expect.stringMatching(remedy),
  });
});

it('a connection to MariaDB that cannot be prepared is ended, or it would keep its place among the connections', async () => {
  const said: string[] = [];
  const connection = {
    executeQuery: ({ sql }: CompiledQuery) => {
      said.push(sql.split(' ', 2).join(' '));
      return Promise.reject(new Error('interrupted'));
    },
  };
  await expect(prepareConnection(connection)).rejects.toThrow('interrupted');
  expect(said).toEqual(['set names', 'kill connection_id()']);
});

/** Does something on one connection to a new database. */
async function onMariadb<Result>(work: (sql: Sql, connection: unknown) => Promise<Result>): Promise<Result> {
  const { config, drop } = await makeDatabase('mariadb');
  onTestFinished(drop);
  const orm = await openOrm(config, {}, { create: false });
  onTestFinished(() => closeOrm(orm));
  const client = connectionOf(orm).getClient();
  return client.connection().execute((connection) => work(sqlOf(connection, 'mariadb'), connection));
}

it.runIf(drivers.includes('mariadb'))('a session on MariaDB takes back what the server limits answers by', async () => {
  const row = await onMariadb(async (sql, connection) => {
    await sql.run("set sql_select_limit = 1, max_join_size = 1, default_storage_engine = 'MyISAM'");
    await prepareConnection(connection);
    await sql.run('create table some as select 1 as id union select 2');
    const rows = await sql.all('select a.id from some a join some b on b.id >= a.id');
    const [made] = await sql.all(
      "select engine from information_schema.tables where table_name = 'some' and table_schema = database()",
    );
    return { count: rows.length, ...made };
  });
  expect(row).toEqual({ count: 3, engine: 'InnoDB' });
});

it.runIf(drivers.includes('mariadb'))(
  'a session on MariaDB keeps names, ends with its commit and changes whole tables, whatever the server says',
  async () => {
    const row = await onMariadb(async (sql, connection) => {
      await sql.run('create table some (name varchar(20)) character set utf8mb4');
      // As with `skip-character-set-client-handshake` on a server in latin1.
      await sql.run("set names latin1, sql_safe_updates = 1, completion_type = 'CHAIN'");
      await prepareConnection(connection);
      await sql.run('insert into some values (?)', ['']);
      await sql.run('update some set name = ?', ['größe 漢']);
      await sql.run('begin');
      await sql.run('commit');
      const [found] = await sql.all('select name, char_length(name) as length, @@in_transaction as open from some');
      return found;
    });
    expect(row).toEqual({ name: 'größe 漢', length: 7, open: 0 });
  },
);

describe.each(drivers)('a session on %s', (driver) => {
  it('is as our statements need it, whatever the server or the database is set up with', async () => {
    const { config, drop } = await makeDatabase(driver);
    onTestFinished(drop);
    const session = async (...before: readonly string[]) => {
      const orm = await openOrm(config, {}, { create: false });
      try {
        const sql = sqlOn(orm, driver);
        for (const statement of before) await sql.run(statement);
        const [row] = await sql.all(asked[driver === 'postgresql' ? driver : 'mariadb']);
        return row;
      } finally {
        await closeOrm(orm);
      }
    };
    if (driver === 'postgresql') {
      const settings = {
        datestyle: 'German',
        extra_float_digits: '0',
        standard_conforming_strings: 'off',
        default_transaction_isolation: 'serializable',
        timezone: 'Asia/Kolkata',
        synchronous_commit: 'off',
      };
      await session(
        ...Object.entries(settings).map(([name, value]) => `alter database ${config.name} set ${name} to '${value}'`),
      );
    }
    // MariaDB has settings of the whole server only, which is not this test's: that it is told is seen by what it would leave out.
    expect(await session()).toEqual(expected[driver === 'postgresql' ? driver : 'mariadb']);
  });

  it('that migrates, or holds the lock on migrations, has no limit of time that is meant for queries', async () => {
    const { config, drop } = await makeDatabase(driver);
    onTestFinished(drop);
    const setting = async (options: Parameters<typeof openOrm>[2]) => {
      const orm = await openOrm(config, {}, options);
      try {
        const [row] = await sqlOn(orm, driver).all(limits[driver === 'postgresql' ? driver : 'mariadb']);
        return row;
      } finally {
        await closeOrm(orm);
      }
    };
    if (driver === 'postgresql') {
      const orm = await openOrm(config, {}, { create: false });
      for (const name of ['statement_timeout', 'idle_session_timeout'])
        await sqlOn(orm, driver).run(`alter database ${config.name} set ${name} to '1s'`);
      await closeOrm(orm);
      expect(await setting({ create: false })).toEqual({ statement: '1s', idle: '1s' });
      expect(await setting({ create: false, migrations: [] })).toEqual({ statement: '0', idle: '0' });
    } else {
      expect(await setting({ create: false, migrations: [] })).toEqual({ statement: 0, idle: 604_800 });
    }
  });

  const limits = {
    postgresql:
      "select current_setting('statement_timeout') as statement, current_setting('idle_session_timeout') as idle",
    mariadb: 'select @@max_statement_time as statement, @@wait_timeout as idle',
  };
  const asked = {
    postgresql: String.raw`select '2026-01-02 03:04:05.678+00'::timestamptz::text as moment, 1795983543705.2849::float8 as milliseconds,
      '\' as backslash, current_setting('transaction_isolation') as isolation,
      current_setting('synchronous_commit') as durable`,
    mariadb: `select @@sql_mode as mode, @@autocommit as autocommit, @@group_concat_max_len >= 1048576 as lists, @@tx_isolation as isolation,
      '\\\\' as backslash`,
  };
  const expected = {
    postgresql: {
      moment: '2026-01-02 03:04:05.678+00',
      milliseconds: 1_795_983_543_705.2849,
      backslash: '\\',
      isolation: 'read committed',
      durable: 'local',
    },
    mariadb: {
      mode: 'STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION',
      autocommit: 1,
      lists: 1,
      isolation: 'REPEATABLE-READ',
      backslash: '\\',
    },
  };
});

describe.each(drivers)('a connection to %s that is to be encrypted', (driver) => {
  const answer = async (config: DatabaseConfig) => {
    const orm = await openOrm(config, {}, { create: false });
    try {
      return await sqlOn(orm, driver).all("select 'well' as answer");
    } finally {
      await closeOrm(orm);
    }
  };
  const database = async () => {
    const made = await makeDatabase(driver);
    onTestFinished(() => made.drop());
    return made.config;
  };

  it('is, with any certificate or with one that a trusted authority vouches for', async () => {
    const front = await behindTls(await database());
    expect(await answer({ ...front, tls: 'require' })).toEqual([{ answer: 'well' }]);
    expect(await answer({ ...front, tls: 'verify', ca: authority })).toEqual([{ answer: 'well' }]);
    await expect(answer(front), 'nothing else gets through').rejects.toMatchObject({ code: 'DATABASE_UNREACHABLE' });
  });

  it('is not opened to whom nobody vouches for, to another name, or without TLS', async () => {
    const config = await database();
    const front = await behindTls(config);
    const refused = { code: 'DATABASE_UNREACHABLE', remedy: expect.stringContaining('check the certificate') };
    await expect(answer({ ...front, tls: 'verify' })).rejects.toMatchObject(refused);
    const other = await behindTls(config, 'elsewhere');
    await expect(answer({ ...other, tls: 'verify', ca: authority })).rejects.toMatchObject(refused);
    await expect(answer({ ...config, tls: 'require' })).rejects.toMatchObject(refused);
  });
});

it.each(drivers)('several processes may make a database of %s at the same time', async (driver) => {
  const database = await makeDatabase(driver);
  onTestFinished(() => database.drop());
  await database.drop();
  const opened = await Promise.all(Array.from({ length: 8 }, () => openOrm(database.config, {}, { create: true })));
  await Promise.all(opened.map(closeOrm));
});
