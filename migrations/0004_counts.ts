import { Migration } from '@mikro-orm/migrations';

/** Column types of the three databases; frozen with this migration. */
const words: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  sqlite: { boolean: 'integer', bigint: 'integer', collation: '' },
  postgresql: { boolean: 'boolean', bigint: 'bigint', collation: '' },
  // MariaDB's own default takes names that differ in case or accents for the same.
  mariadb: { boolean: 'tinyint(1)', bigint: 'bigint', collation: ' default charset utf8mb4 collate utf8mb4_bin' },
};

const statements = [
  `create table component_totals (
    watch_name varchar(255) not null,
    status varchar(20) not null,
    in_delivery {boolean} not null,
    in_archive {boolean} not null,
    total {bigint} not null default 0,
    bytes {bigint} not null default 0,
    primary key (watch_name, status, in_delivery, in_archive)
  ){collation}`,
  `create table group_totals (
    watch_name varchar(255) not null,
    state varchar(20) not null,
    bare {boolean} not null,
    total {bigint} not null default 0,
    primary key (watch_name, state, bare)
  ){collation}`,
  `insert into component_totals (watch_name, status, in_delivery, in_archive, total, bytes)
    select watch_name, status, in_delivery, in_archive, count(*), coalesce(sum(size_bytes), 0)
    from file_components group by watch_name, status, in_delivery, in_archive`,
  `insert into group_totals (watch_name, state, bare, total)
    select watch_name, state, bare, count(*)
    from (select watch_name, state, complete and metadata is null as bare from files) g group by watch_name, state, bare`,
];

/** What the totals were counted in, and an index that the one below takes the place of. */
const dropped = [
  ['file_components', 'file_components_totals_index'],
  ['files', 'files_bare_index'],
  ['file_components', 'file_components_status_archived_at_index'],
] as const;

// Files that are archived without a record of when count by when they were detected.
const index = 'create index file_components_archived_index on file_components (status, archived_at, detected_at)';

/** Totals of components and groups, kept with every change instead of counted for every `status`. */
export class Migration0004Counts extends Migration {
  override up(): void {
    const platform = this.driver.getPlatform().constructor.name.toLowerCase();
    const dialect = Object.keys(words).find((name) => platform.startsWith(name)) ?? 'sqlite';
    for (const statement of statements) {
      this.addSql(statement.replaceAll(/\{(\w+)\}/g, (whole, word: string) => words[dialect]?.[word] ?? whole));
    }
    for (const [table, name] of dropped)
      this.addSql(`drop index ${name}${dialect === 'mariadb' ? ` on ${table}` : ''}`);
    this.addSql(index);
  }
}
