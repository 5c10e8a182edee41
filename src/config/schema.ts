import type { Schema } from './validate.ts';

/** The levels of `[logging] level`, as they are usually written; case does not count. */
const logLevels = ['TRACE', 'DEBUG', 'INFO', 'SUCCESS', 'WARNING', 'ERROR', 'CRITICAL'] as const;
/** What `[database] tls` may be. */
const tlsModes = ['off', 'require', 'verify'] as const;
/** The databases of `[database] drivername`. */
const driverNames = ['sqlite', 'postgresql', 'mysql', 'mariadb'] as const;

/** What a notifier can tell of. */
const notifyEvents = ['archived', 'failed', 'timed_out', 'watch_lost'] as const;

/** Permissions that an archived file may get. */
const fileModes: readonly number[] = [0o600, 0o640, 0o644, 0o660, 0o666, 0o440, 0o444];
/** Permissions that a directory of an archive may get. */
const dirModes: readonly number[] = [0o700, 0o750, 0o755, 0o770, 0o777];

/** A text that is not empty. */
export function text(description: string, expects = 'a text', extra: Schema = {}): Schema {
  return { type: 'string', minLength: 1, description, 'x-expects': expects, ...extra };
}

function duration(description: string, value: string): Schema {
  const expects = 'a duration such as "30s", "5m", "24h" or "7d"';
  return { type: 'string', format: 'duration', description, default: value, 'x-expects': expects };
}

function whole(description: string, value: number, minimum: number, maximum: number): Schema {
  const expects = `a whole number from ${minimum} to ${maximum}`;
  return { type: 'integer', minimum, maximum, default: value, description, 'x-expects': expects };
}

function flag(description: string, value: boolean): Schema {
  return { type: 'boolean', default: value, description };
}

function choice(description: string, values: readonly string[], value: string): Schema {
  return { type: 'string', enum: values, default: value, description };
}

function texts(description: string, value: readonly string[]): Schema {
  return {
    type: 'array',
    items: text('One of them.'),
    default: value,
    description,
    'x-expects': 'a list of texts',
  };
}

function mode(description: string, allowed: readonly number[], value: number): Schema {
  const octal = allowed.map((one) => one.toString(8));
  const spellings = octal.flatMap((digits) => [digits, `0${digits}`, `0o${digits}`]);
  return {
    enum: [...allowed, ...spellings],
    default: value,
    description,
    'x-expects': `permissions, one of ${octal.map((digits) => `0o${digits}`).join(', ')}`,
  };
}

/** A table, which has no other keys. */
export function table(description: string, properties: Schema, required: readonly string[] = []): Schema {
  return { type: 'object', description, properties, required, additionalProperties: false };
}

const service = table('How the service works.', {
  poll_interval: duration('How often the service looks for work that other processes left for it.', '5s'),
  reconcile_interval: duration('How often every watch directory is compared with the database.', '24h'),
  heartbeat_interval: duration('How often the service records that it is alive.', '60s'),
  workers: whole('Threads that check, extract and transfer files.', 4, 1, 1024),
  max_retries: whole('How often a failed group is tried again before it is FAILED.', 3, 0, 1_000_000),
  retry_delay: duration('The wait before the first retry.', '30m'),
  retry_backoff: choice('Whether the wait stays the same or doubles each time.', ['fixed', 'exponential'], 'fixed'),
  retry_max_delay: duration('The longest wait before a retry.', '1d'),
  stale_threshold: duration(
    'How long a file must be detected or waiting before reconciliation processes it again.',
    '1d',
  ),
  stats_recompute_every: whole('Without effect: every change keeps the totals right.', 10, 1, 1_000_000),
  extract_timeout: duration('How long an extractor may take for one group.', '60s'),
  max_active_groups: whole(
    'How many groups may be in memory at once; with several watches, no watch takes all places.',
    1000,
    1,
    1_000_000,
  ),
  max_gone_percent: whole(
    'Reconciliation clears nothing when more than this share of a watch’s unarchived files is gone at once, and more than `max_gone_files`.',
    20,
    0,
    100,
  ),
  history_retention: text(
    'How long steps of the history are kept; not set: for ever. The last step, decision and transfer of a group are always kept.',
    'a span of time such as "365 days" or "10 years"',
    { format: 'retention' },
  ),
  max_gone_files: whole(
    'Reconciliation clears nothing when more than this number of a watch’s unarchived files is gone at once, and more than `max_gone_percent` of them.',
    50,
    0,
    1_000_000_000,
  ),
});

const logging = table('Where the log goes.', {
  level: text('The least severe level that is logged.', `one of ${logLevels.join(', ')}`, {
    pattern: `^(?:${logLevels.map(ignoringCase).join('|')})$`,
    default: 'INFO',
    'x-values': logLevels,
  }),
  format: choice('Text for people, or JSON lines.', ['text', 'json'], 'text'),
  file: text('A log file besides stderr; relative to the directory of config.toml.', 'the path of a file'),
  rotation: {
    type: ['string', 'integer'],
    format: 'size',
    minimum: 1,
    default: '10 MB',
    description: 'The size at which a new log file begins; a plain number is bytes.',
    'x-expects': 'a size such as "10 MB"',
  },
  retention: text('How long old log files are kept.', 'a span of time such as "30 days"', {
    format: 'retention',
    default: '30 days',
  }),
});

const credentials: Schema = {
  drivername: text(
    'The kind of database; not set: that of secrets.toml, else sqlite. A suffix such as `+psycopg2` is ignored.',
    `one of ${driverNames.join(', ')}`,
    {
      pattern: `^(?:${driverNames.join('|')})(?:\\+[A-Za-z0-9_]+)?$`,
      'x-values': driverNames,
    },
  ),
  name: text(
    'SQLite: the file, relative to the directory of config.toml; not set: `carbonation.db`. Otherwise the name of the database; not set: `carbonation`.',
  ),
  host: text('The database server; not set: this machine.', 'the name or address of a host'),
  port: {
    type: 'integer',
    minimum: 1,
    maximum: 65_535,
    description: 'The port of the database server; not set: its usual one.',
    'x-expects': 'a port from 1 to 65535',
  },
  username: text('The user at the database server.'),
  password: text('The password; better in secrets.toml or `password_file`.', 'a text', { writeOnly: true }),
  password_file: text(
    'A file that holds the password; relative to the directory of the file that names it.',
    'the path of a file',
  ),
  tls: {
    type: 'string',
    enum: tlsModes,
    description:
      'Encryption of the connection: none (also when not set), with any certificate, or with a certificate that a trusted authority has signed and that names `host`.',
  },
  ca_file: text(
    'The authorities to trust with `verify`, as PEM; not set: those that Node trusts.',
    'the path of a file',
  ),
};

/** The JSON schema of `[database]`. A connection string in its place would hold a password: it is never shown. */
export const databaseSchema: Schema = {
  ...table('The database that holds the state.', {
    ...credentials,
    echo: flag('Without effect: SQL statements are not logged.', false),
  }),
  writeOnly: true,
};

const watch = table(
  'One delivery directory.',
  {
    name: text(
      'Its name in the database, in logs and queries. With another name it is another watch; see "Change a project" in docs/operations.md.',
      'a name of at most 255 characters',
      {
        maxLength: 255,
      },
    ),
    path: text('The directory; relative to the directory of config.toml.', 'the path of a directory'),
    rules: text(
      'The rule set (of rules.toml) that applies. If another one is named, groups that wait or were not selected are judged again at the next start.',
      'the name of a rule set',
    ),
    type: text('A label that is stored with each group.', 'a text of at most 255 characters', { maxLength: 255 }),
    recursive: flag('Whether directories below it are watched too.', false),
    patterns: texts('Globs on the file name; empty: every file.', []),
    ignore_patterns: texts(
      'Globs on the names of files to ignore, and of directories of a recursive watch; a list of your own replaces these. Temporary files of carbonation are always ignored.',
      ['*.tmp', '.*'],
    ),
    settle_seconds: {
      type: 'number',
      exclusiveMinimum: 0,
      maximum: 31_536_000,
      default: 2,
      description:
        'For how many seconds a file must not change before it is processed. Must be longer than the pauses of the program that writes it, above all if files are moved; see "Half files" in docs/operations.md.',
      'x-expects': 'a number of seconds, more than 0, at most 31536000',
    },
    archive: text('The archive of groups for which the rule set names none.', 'the name of an archive'),
    follow_symlinks: flag('Whether symbolic links are followed; see "Links" in docs/operations.md.', false),
    on_redelivery: choice(
      'Whether a file that is delivered again with other content is archived again.',
      ['archive', 'ignore'],
      'archive',
    ),
  },
  ['name', 'path', 'rules'],
);

const archive = table(
  'One destination.',
  {
    name: text('Its name in rules and commands.'),
    destination: text(
      'Template of the directory below `base_path`, e.g. `{category}/{start:%Y%m%d}`.',
      'a path with {placeholders}',
    ),
    base_path: text('The root of the archive; relative to the directory of config.toml.', 'the path of a directory'),
    action: choice('How a file gets there.', ['copy', 'move', 'hardlink', 'symlink'], 'copy'),
    create_directories: flag('Whether missing directories are created.', true),
    file_mode: mode('Permissions of copied and moved files.', fileModes, 0o640),
    dir_mode: mode('Permissions of created directories.', dirModes, 0o750),
    on_conflict: choice(
      'What happens when the name is taken by other content; `replace` also replaces the copy of another group, which may be the only one, but not another file of the same group.',
      ['keep_both', 'replace', 'fail'],
      'keep_both',
    ),
    verify: choice('How a transferred file is verified.', ['checksum', 'size'], 'checksum'),
    durable: flag('Whether a file is flushed to disk before it counts as archived.', true),
  },
  ['name', 'destination'],
);

const http = table('Metrics, health and the status page.', {
  listen: text(
    'The address and port to serve them on; not set: they are not served. Other machines need `token_file`.',
    'an address and a port, e.g. "127.0.0.1:9464"',
    { pattern: '^(?:\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9.-]+):\\d{1,5}$' },
  ),
  token_file: text(
    'A file that holds the token, of 16 or more ASCII characters: needed for actions, and for everything if other machines can reach the address; relative to the directory of config.toml.',
    'the path of a file',
  ),
});

const notify = table(
  'Who is notified of events: at least once, and after the event is recorded.',
  {
    name: text(
      'Its name, under which its place in the history is stored; not set: made from the command or URL.',
      'a name',
      {
        maxLength: 64,
      },
    ),
    on: {
      type: 'array',
      minItems: 1,
      items: { type: 'string', enum: notifyEvents, description: 'One of them.' },
      description: 'The events that it gets.',
      'x-expects': `a list of ${notifyEvents.map((event) => `"${event}"`).join(', ')}`,
    },
    command: {
      type: 'array',
      minItems: 1,
      items: text('The program, then its arguments; no shell is used.'),
      description:
        'A program that is run once for each event, with the event as JSON on stdin; exit code 0: the event was accepted.',
      'x-expects': 'a program and its arguments, e.g. ["/usr/local/bin/page", "--team", "ops"]',
      // Arguments may hold a secret.
      writeOnly: true,
    },
    url: text(
      'A webhook: each event is sent as JSON by POST; a status from 200 to 299: the event was accepted.',
      'a URL',
      {
        pattern: '^https?://[^\\s]+$',
        'x-expects': 'a URL that begins with https:// or http://',
        writeOnly: true,
      },
    ),
    token_file: text(
      'A file whose content is sent as `Authorization: Bearer …`; relative to the directory of config.toml.',
      'the path of a file',
    ),
    watch: text('Only events of this watch.', 'the name of a watch'),
    timeout: duration('How long a command or a request may take; a request at most 5 minutes.', '30s'),
  },
  ['on'],
);

/** The JSON schema of config.toml; `default` and `description` are there for editors as well. */
export const configSchema: Schema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'carbonation config.toml',
  ...table('Configuration of carbonation.', {
    service: { ...service, default: {} },
    logging: { ...logging, default: {} },
    database: { ...databaseSchema, default: {} },
    plugins: {
      ...table('The plugin.', { package: text('A package name, or a path relative to the directory of config.toml.') }),
      default: {},
    },
    rules: {
      ...table('The rules.', {
        file: text('The rules file; relative to the directory of config.toml.', 'the path of a file', {
          default: 'rules.toml',
        }),
      }),
      default: {},
    },
    watch: {
      type: 'array',
      items: watch,
      default: [],
      description: 'Delivery directories.',
      'x-expects': 'tables [[watch]]',
    },
    archive: {
      type: 'array',
      items: archive,
      default: [],
      description: 'Destinations.',
      'x-expects': 'tables [[archive]]',
    },
    http: { ...http, default: {} },
    notify: {
      type: 'array',
      items: notify,
      default: [],
      description: 'Notifications.',
      'x-expects': 'tables [[notify]]',
    },
  }),
};

/** The JSON schema of secrets.toml: `[database]` with what config.toml need not tell. */
export const secretsSchema: Schema = {
  type: 'object',
  properties: { database: { ...table('Credentials.', credentials), default: {}, writeOnly: true } },
};

// JSON schema has no flag for it.
function ignoringCase(word: string): string {
  return [...word].map((letter) => `[${letter}${letter.toLowerCase()}]`).join('');
}
