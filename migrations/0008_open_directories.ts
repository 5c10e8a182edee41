import { Migration } from '@mikro-orm/migrations';

/** Column types of the three databases; frozen with this migration. */
const words: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  sqlite: { text: 'text', datetime: 'datetime' },
  postgresql: { text: 'text', datetime: 'timestamptz(3)' },
  mariadb: { text: 'text', datetime: 'datetime(3)' },
};

const statement = `create table open_directories (
    path_hash varchar(32) not null primary key,
    path {text} not null,
    opened_at {datetime} not null
  )`;

/** Which directories of archives files are being written into. */
export class Migration0008OpenDirectories extends Migration {
  override up(): void {
    const platform = this.driver.getPlatform().constructor.name.toLowerCase();
    const dialect = Object.keys(words).find((name) => platform.startsWith(name)) ?? 'sqlite';
    // MariaDB's own default takes names that differ in case or accents for the same.
    const options = dialect === 'mariadb' ? ' default charset utf8mb4 collate utf8mb4_bin' : '';
    const text = statement.replaceAll(/\{(\w+)\}/g, (whole, word: string) => words[dialect]?.[word] ?? whole);
    this.addSql(`${text}${options}`);
  }
}
