import { Migration } from '@mikro-orm/migrations';

/** Column types of the three databases; frozen with this migration. */
const words: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  sqlite: { id: 'integer primary key autoincrement', text: 'text', datetime: 'datetime', json: 'json', double: 'real' },
  postgresql: {
    id: 'serial primary key',
    text: 'text',
    datetime: 'timestamptz(3)',
    json: 'jsonb',
    double: 'double precision',
  },
  mariadb: {
    id: 'int auto_increment primary key',
    text: 'text',
    datetime: 'datetime(3)',
    json: 'json',
    double: 'double',
  },
};

const statements = [
  `create table watch_roots (
    watch_name varchar(255) not null primary key,
    path {text} not null,
    device {double} not null,
    inode {double} not null,
    recorded_at {datetime} not null
  )`,
  `create table reconcile_requests (
    id {id},
    options {json} not null,
    requested_at {datetime} not null,
    answered_at {datetime} null,
    report {json} null
  )`,
  // The requests' former place.
  "delete from counters where name in ('reconcile_requested', 'reconcile_answered')",
];

/** Which directory each watch's root was, and what other processes ask the running service to reconcile. */
export class Migration0006WatchRoots extends Migration {
  override up(): void {
    const platform = this.driver.getPlatform().constructor.name.toLowerCase();
    const dialect = Object.keys(words).find((name) => platform.startsWith(name)) ?? 'sqlite';
    for (const statement of statements) {
      // MariaDB's own default takes names that differ in case or accents for the same.
      const options =
        dialect === 'mariadb' && statement.startsWith('create table')
          ? ' default charset utf8mb4 collate utf8mb4_bin'
          : '';
      const text = statement.replaceAll(/\{(\w+)\}/g, (whole, word: string) => words[dialect]?.[word] ?? whole);
      this.addSql(`${text}${options}`);
    }
  }
}
