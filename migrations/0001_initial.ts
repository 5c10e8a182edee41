import { Migration } from '@mikro-orm/migrations';

/** Column types of the three databases; frozen with this migration. */
const words: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  sqlite: {
    id: 'integer primary key autoincrement',
    bigid: 'integer primary key autoincrement',
    text: 'text',
    datetime: 'datetime',
    json: 'json',
    boolean: 'integer',
    double: 'real',
    bigint: 'integer',
  },
  postgresql: {
    id: 'serial primary key',
    bigid: 'bigserial primary key',
    text: 'text',
    datetime: 'timestamptz(3)',
    json: 'jsonb',
    boolean: 'boolean',
    double: 'double precision',
    bigint: 'bigint',
  },
  mariadb: {
    id: 'int auto_increment primary key',
    bigid: 'bigint auto_increment primary key',
    text: 'text',
    datetime: 'datetime(3)',
    json: 'json',
    boolean: 'tinyint(1)',
    double: 'double',
    bigint: 'bigint',
  },
};

const binaryCollation = ' default charset utf8mb4 collate utf8mb4_bin';

const statements = [
  `create table files (
    id {id},
    watch_name varchar(255) not null,
    file_type varchar(255) null,
    group_key {text} not null,
    key_hash varchar(32) not null,
    state varchar(20) not null,
    state_since {datetime} not null,
    reason {text} null,
    revision int not null default 1,
    attempt int not null default 0,
    rules_version varchar(12) null,
    due_at {datetime} null,
    complete {boolean} not null default {false},
    archive_path {text} null,
    metadata {json} null,
    created_at {datetime} not null,
    completed_at {datetime} null,
    completed_seq {bigint} null,
    modified_at {datetime} not null,
    retention_date {datetime} null,
    lock_version int not null default 1
  )`,
  'create unique index files_key_hash_unique on files (key_hash)',
  'create unique index files_completed_seq_unique on files (completed_seq)',
  'create index files_watch_name_index on files (watch_name)',
  'create index files_file_type_index on files (file_type)',
  'create index files_state_index on files (state)',
  'create index files_due_at_index on files (due_at)',
  'create index files_retention_date_index on files (retention_date)',
  `create table file_components (
    id {id},
    group_id int not null,
    watch_name varchar(255) not null,
    filename varchar(255) not null,
    source_path {text} not null,
    path_hash varchar(32) not null,
    archive_path {text} null,
    size_bytes {bigint} null,
    mtime_ms {double} null,
    ctime_ms {double} null,
    inode {double} null,
    sha256 varchar(64) null,
    status varchar(20) not null,
    in_delivery {boolean} not null default {true},
    in_archive {boolean} not null default {false},
    error_message {text} null,
    retry_count smallint not null default 0,
    last_retry_at {datetime} null,
    detected_at {datetime} not null,
    archived_at {datetime} null,
    cleared_at {datetime} null
  )`,
  'create unique index file_components_path_hash_unique on file_components (path_hash)',
  'create index file_components_group_id_index on file_components (group_id)',
  'create index file_components_status_index on file_components (status)',
  `create table actor_snapshots (
    group_id int not null primary key,
    machine varchar(32) not null,
    version int not null,
    snapshot {json} not null,
    saved_at {datetime} not null
  )`,
  `create table group_transitions (
    id {bigid},
    group_id int not null,
    at {datetime} not null,
    from_state varchar(20) null,
    to_state varchar(20) not null,
    event varchar(64) not null,
    reason {text} null,
    revision int not null,
    attempt int not null,
    rules_version varchar(12) null,
    machine_version int not null
  )`,
  'create index group_transitions_group_id_index on group_transitions (group_id)',
  `create table service_state (
    id int not null primary key,
    started_at {datetime} null,
    last_heartbeat {datetime} null,
    queue_depth int not null default 0,
    workers_active int not null default 0,
    instance varchar(32) null,
    host varchar(255) null,
    boot_id varchar(128) null,
    pid int null,
    mode varchar(16) null,
    heartbeat_ms int null,
    rules_version varchar(12) null,
    watches {json} null
  )`,
  'create table counters (name varchar(32) not null primary key, value {bigint} not null default 0)',
  "insert into counters (name, value) values ('completion', 0)",
  'insert into service_state (id) values (1)',
];

/** The core's first schema. */
export class Migration0001Initial extends Migration {
  override up(): void {
    const platform = this.driver.getPlatform().constructor.name.toLowerCase();
    const dialect = Object.keys(words).find((name) => platform.startsWith(name)) ?? 'sqlite';
    const truth = dialect === 'postgresql' ? ['true', 'false'] : ['1', '0'];
    const own: Readonly<Record<string, string>> = { ...words[dialect], true: truth[0] ?? '1', false: truth[1] ?? '0' };
    for (const statement of statements) {
      // MariaDB's own default takes names that differ in case or accents for the same.
      const options = dialect === 'mariadb' && statement.startsWith('create table') ? binaryCollation : '';
      this.addSql(`${statement.replaceAll(/\{(\w+)\}/g, (whole, word: string) => own[word] ?? whole)}${options}`);
    }
  }
}
