import { Migration } from '@mikro-orm/migrations';

/** Column types of the three databases; frozen with this migration. */
const words: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  sqlite: { bigid: 'integer primary key autoincrement', text: 'text', datetime: 'datetime', bigint: 'integer' },
  postgresql: { bigid: 'bigserial primary key', text: 'text', datetime: 'timestamptz(3)', bigint: 'bigint' },
  mariadb: { bigid: 'bigint auto_increment primary key', text: 'text', datetime: 'datetime(3)', bigint: 'bigint' },
};

const statements = [
  `create table notifiers (
    name varchar(64) not null primary key,
    transition_id {bigint} not null,
    watch_event_id {bigint} not null,
    delivered_at {datetime} null,
    failing_since {datetime} null,
    last_error {text} null
  )`,
  `create table watch_events (
    id {bigid},
    watch_name varchar(255) not null,
    at {datetime} not null,
    health varchar(20) not null,
    reason {text} null
  )`,
  'create index watch_events_watch_name_index on watch_events (watch_name)',
];

/** How far each notifier has got, and what happened to watches. */
export class Migration0007Notify extends Migration {
  override up(): void {
    const platform = this.driver.getPlatform().constructor.name.toLowerCase();
    const dialect = Object.keys(words).find((name) => platform.startsWith(name)) ?? 'sqlite';
    for (const statement of statements) {
      // MariaDB's own default takes names that differ in case or accents for the same.
      const isTable = dialect === 'mariadb' && statement.startsWith('create table');
      const options = isTable ? ' default charset utf8mb4 collate utf8mb4_bin' : '';
      this.addSql(
        `${statement.replaceAll(/\{(\w+)\}/g, (_, word: string) => words[dialect]?.[word] ?? word)}${options}`,
      );
    }
  }
}
