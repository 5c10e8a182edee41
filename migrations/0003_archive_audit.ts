import { Migration } from '@mikro-orm/migrations';

/** Column types of the three databases; frozen with this migration. */
const words: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  sqlite: {
    id: 'integer primary key autoincrement',
    text: 'text',
    datetime: 'datetime',
    double: 'real',
    bigint: 'integer',
  },
  postgresql: {
    id: 'serial primary key',
    text: 'text',
    datetime: 'timestamptz(3)',
    double: 'double precision',
    bigint: 'bigint',
  },
  mariadb: {
    id: 'int auto_increment primary key',
    text: 'text',
    datetime: 'datetime(3)',
    double: 'double',
    bigint: 'bigint',
  },
};

const statements = [
  'alter table file_components add column archive_hash varchar(32) null',
  'alter table file_components add column verified_at {datetime} null',
  `create table former_copies (
    id {id},
    group_id int not null,
    archive_path {text} not null,
    archive_hash varchar(32) not null,
    sha256 varchar(64) not null,
    size_bytes {bigint} not null,
    archived_at {datetime} not null,
    replaced_at {datetime} not null
  )`,
  'create unique index former_copies_archive_hash_unique on former_copies (archive_hash)',
  `create table archive_roots (
    path_hash varchar(32) not null primary key,
    path {text} not null,
    device {double} not null,
    seen_at {datetime} not null
  )`,
  `create table archive_audits (
    id {id},
    scope {text} not null,
    scope_key varchar(32) not null,
    started_at {datetime} not null,
    updated_at {datetime} not null,
    finished_at {datetime} null,
    last_component_id int not null default 0,
    last_former_id int not null default 0,
    verified int not null default 0,
    damaged int not null default 0,
    bytes {bigint} not null default 0
  )`,
  'create index archive_audits_scope_key_index on archive_audits (scope_key)',
];

/** The key of each archive path, where the database can compute it: the first 32 hex digits of its SHA-256. */
const keys: Readonly<Record<string, string>> = {
  postgresql: "left(encode(sha256(convert_to(archive_path, 'UTF8')), 'hex'), 32)",
  mariadb: 'left(sha2(archive_path, 256), 32)',
};

const index = 'create index file_components_archive_hash_index on file_components (archive_hash)';

/** Rows that get their key together, where this program has to compute it. */
const pageSize = 2000;

/** Archived files can be looked up by where they are, and audits of their content are recorded. */
export class Migration0003ArchiveAudit extends Migration {
  override async up(): Promise<void> {
    const platform = this.driver.getPlatform().constructor.name.toLowerCase();
    const dialect = Object.keys(words).find((name) => platform.startsWith(name)) ?? 'sqlite';
    for (const statement of statements) {
      // MariaDB's own default takes names that differ in case or accents for the same.
      const options =
        dialect === 'mariadb' && statement.startsWith('create table')
          ? ' default charset utf8mb4 collate utf8mb4_bin'
          : '';
      const text = statement.replaceAll(/\{(\w+)\}/g, (whole, word: string) => words[dialect]?.[word] ?? whole);
      await this.execute(`${text}${options}`);
    }
    const key = keys[dialect];
    if (key === undefined) await this.#fillInPages();
    else await this.execute(`update file_components set archive_hash = ${key} where archive_path is not null`);
    await this.execute(index);
  }

  /** SQLite knows no SHA-256. */
  async #fillInPages(): Promise<void> {
    const { hash } = process.getBuiltinModule('node:crypto');
    for (let lastId = 0; ;) {
      const rows = await this.execute(
        `select id, archive_path from file_components where archive_path is not null and id > ${lastId} order by id limit ${pageSize}`,
      );
      const keyed = rows.map((row) => {
        const { id, archive_path: path }: { readonly id?: unknown; readonly archive_path?: unknown } = row;
        return [Number(id), hash('sha256', String(path)).slice(0, 32)] as const;
      });
      const last = keyed.at(-1);
      if (last === undefined) return;
      [lastId] = last;
      // Numbers and hex digits only.
      await this.execute(
        `update file_components set archive_hash = j.key from (select json_extract(value, '$[0]') as id, json_extract(value, '$[1]') as key from json_each('${JSON.stringify(keyed)}')) j where file_components.id = j.id`,
      );
    }
  }
}
