/**
 * Who may import whom: the table of docs/ARCHITECTURE.md as the linter checks it (oxlint.config.ts). Dependencies point inward;
 * `tests/unit/imports.test.ts` tries the ways around.
 */
import { relative } from 'node:path/posix';

/** What the modules of a folder may import, besides the folder itself, what is below it, and packages that are nobody's own. */
interface Border {
  /** Folders of ours, or single modules, by their paths; `~` before one: its types only. */
  readonly knows: string;
  /** Packages that are otherwise refused; `~` before one: its types only. */
  readonly packages?: string;
  /** What whoever crosses the border is told. */
  readonly why: string;
}

/** A restricted pattern, as ESLint's rule `no-restricted-imports` has it. */
interface Pattern {
  readonly regex?: string;
  readonly group?: string[];
  readonly message: string;
  readonly allowTypeImports?: boolean;
}

/** What the linter is told for some files. */
interface Override {
  readonly files: string[];
  readonly rules: { readonly 'no-restricted-imports': ['error', { patterns: Pattern[] }] };
}

/** Folders with the folders in them. */
const charts = 'machines machines/file-group machines/supervisor machines/watch';
const store = 'src/store src/store/database src/store/schema src/store/commit src/store/read';
const databases = '@mikro-orm kysely better-sqlite3';
const services = 'src/service src/service/database';

const commands: Border = {
  knows: `src/core src/errors src/config src/rules src/plugin src/logging src/scaffold src/watch src/archive src/workers
    ${store} src/notify src/audit src/api ${services} src/doctor src/web`,
  why: 'A command parses, calls and prints: entities, charts and migrations are behind what it calls.',
};
const inCommands: Border = { ...commands, knows: `${commands.knows} src/cli src/cli/commands src/cli/completion` };

/** The folders of `src`, each with what it knows. */
const folders: Readonly<Record<string, Border>> = {
  core: { knows: '', why: 'src/core imports nothing of ours: everything stands on it.' },
  errors: { knows: 'src/core', why: 'src/errors stands on src/core only.' },
  config: {
    knows: 'src/core src/errors src/rules ~src/plugin',
    why: 'Reading config.toml stands on src/core and src/errors; of plugins it knows the types, of rules the templates, too.',
  },
  rules: {
    knows: 'src/core src/errors src/config ~src/plugin',
    why: 'Rules decide purely: they know core, errors and configuration.',
  },
  plugin: { knows: 'src/core src/errors', why: 'Plugins are loaded without knowing what runs them.' },
  logging: { knows: 'src/core src/errors ~src/config', why: 'Logging knows core, errors and configuration.' },
  scaffold: { knows: 'src/core src/errors', why: 'The scaffold writes files; it needs nothing else.' },
  testing: { knows: 'src/plugin', why: 'What the tests of plugins import stands on src/plugin only.' },
  watch: {
    knows: 'src/core src/errors ~src/config',
    why: 'Watching reports files; what becomes of them it does not know.',
  },
  archive: {
    knows: 'src/core src/errors ~src/config ~src/workers',
    why: 'Archiving runs in threads: it knows files, not groups or the database.',
  },
  workers: {
    knows: 'src/core src/errors ~src/config src/archive src/plugin src/rules',
    why: 'Threads know neither database nor actors: plain data goes in and out.',
  },
  store: {
    knows: `src/core src/errors ~src/config src/plugin entities migrations ${charts}`,
    packages: databases,
    why: 'The store knows rows, not who writes them.',
  },
  'store/database': {
    knows: 'src/core src/errors ~src/config entities',
    packages: databases,
    why: 'A connection and what runs on it: it knows no tables.',
  },
  'store/schema': {
    knows: 'src/core src/errors ~src/config src/plugin migrations src/store/database',
    packages: databases,
    why: 'What tables there are, and are to be.',
  },
  'store/commit': {
    knows: `src/core src/errors src/store/database ~src/store/types.ts ${charts}`,
    packages: databases,
    why: 'What groups write, in one transaction; it reads what that needs.',
  },
  'store/read': {
    knows: `src/core src/errors src/store/database src/store/commit ~src/store/types.ts ${charts}`,
    packages: databases,
    why: 'Reports and queries write nothing.',
  },
  notify: {
    knows: 'src/core src/errors src/config ~src/logging ~src/store ~src/store/database ~src/store/read',
    why: 'Notifications read what is on record: they know neither groups at work nor who shows them.',
  },
  audit: {
    knows: `src/core src/errors src/config ~src/rules ${store} ${charts}`,
    packages: '~xstate',
    why: 'Audits tell and draw what is on record: they read the store and the charts, and change nothing.',
  },
  api: {
    knows: `src/core src/errors src/config src/rules src/plugin src/workers ${store} src/audit entities migrations ${charts}`,
    packages: '~@mikro-orm ~kysely',
    why: 'The library reads a project and its database; it starts no service.',
  },
  service: {
    knows: `src/core src/errors src/config src/rules src/plugin src/logging src/watch src/archive src/workers ${store}
      src/notify src/audit src/api ${charts}`,
    packages: 'xstate',
    why: 'The service does not know who started it.',
  },
  'service/group': {
    knows: `src/core src/errors src/config src/rules src/logging src/watch src/workers ${store} ${charts}
      ~src/service/types.ts ~src/service/serve.ts src/service/brakes.ts`,
    packages: 'xstate',
    why: 'Groups and their effects know neither where files come from nor what runs them.',
  },
  'service/delivery': {
    knows: `src/core src/errors src/config src/rules src/logging src/watch ${store} ${charts}
      src/service/group ~src/service/types.ts src/service/brakes.ts src/service/id-set.ts`,
    packages: '~xstate',
    why: 'What is delivered goes to groups; what else a service does it does not know.',
  },
  'service/database': {
    knows: `src/core src/errors src/config src/logging src/workers src/api ${store}`,
    why: 'Who works on a database is known before there is a group.',
  },
  'service/reconcile-archive': {
    knows: `src/core src/errors src/config src/logging src/watch src/archive src/workers src/api ${store} ${charts}
      src/service/group src/service/delivery src/service/database src/service/types.ts src/service/brakes.ts
      src/service/id-set.ts src/service/resume.ts src/service/silent-archives.ts`,
    why: 'Archives are compared with the database beside a service as without one.',
  },
  doctor: {
    knows: `src/core src/errors src/config src/rules src/plugin src/logging src/watch src/archive src/workers ${store}
      src/notify src/audit src/api ${services}`,
    why: 'The doctor looks at a project and its machine; commands show what it finds.',
  },
  web: {
    knows: `src/core src/errors src/config src/rules src/plugin ${store} src/audit src/api ~src/service ${charts}`,
    why: 'The server reads a project and its database; what the service does it is told.',
  },
  cli: commands,
  'cli/commands': inCommands,
  'cli/completion': inCommands,
};

/** Packages that are one folder's business; the package itself is for its users. */
const guarded = ['@mikro-orm', 'kysely', 'better-sqlite3', 'xstate', 'carbonation'];

const guardedWhy =
  'Only src/store runs MikroORM, only src/service creates actors; the package itself is for its users.';

function escaped(text: string): string {
  return text.replaceAll(/[./]/g, (char) => `\\${char}`);
}

function words(text: string): readonly string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}

function packagePattern(names: readonly string[]): string {
  return `^(${names.map(escaped).join('|')})(/|$)`;
}

/** What modules of a folder may not import. The patterns of types come first: what that of the folders lets pass no later one refuses. */
function patternsOf(folder: string, { knows, packages = '', why }: Border): Pattern[] {
  const typesOnly = (all: string) => words(all).flatMap((one) => (one.startsWith('~') ? [one.slice(1)] : []));
  const from = (path: string) => relative(`src/${folder}`, path);
  const known = words(knows)
    .map((one) => from(one.replace('~', '')))
    .filter((path) => path !== '');
  const types = typesOnly(knows).map((one) => `^${escaped(from(one))}${one.endsWith('.ts') ? '$' : '/'}`);
  const refused = guarded.filter((name) => !words(packages).includes(name));
  const asTypes = typesOnly(packages);
  return [
    ...types.map((regex) => ({ regex, message: `${why} Of this folder it knows the types.`, allowTypeImports: true })),
    {
      group: ['**/../**', ...known.map((path) => (path.endsWith('.ts') ? `!${path}` : `!${path}/*.ts`))],
      message: why,
    },
    ...(asTypes.length === 0 ? [] : [{ regex: packagePattern(asTypes), message: guardedWhy, allowTypeImports: true }]),
    { regex: packagePattern(refused.filter((name) => !asTypes.includes(name))), message: guardedWhy },
  ];
}

function override(files: readonly string[], patterns: Pattern[]): Override {
  return { files: [...files], rules: { 'no-restricted-imports': ['error', { patterns }] } };
}

const [outsideWhy, libraryWhy] = [
  'A folder of src imports what its line in scripts/borders.ts and in docs/ARCHITECTURE.md says: this one has none yet.',
  'The public library is what src/api and the contract of plugins offer.',
];

/** The linter's overrides that keep the borders; the last one that fits a module counts. */
export const borders: Override[] = [
  override(
    ['machines/**'],
    [
      {
        regex: '^([^.x]|x([^s]|s[^t])|xstate.)',
        message: 'Charts import xstate only: effects are named here and provided by src/service.',
      },
      {
        group: [
          '**/../**',
          ...['file-group/*', 'supervisor/*', 'watch/*', 'by-path.ts', 'flat-chart.ts'].map((path) => `!../${path}`),
        ],
        message: 'Charts know nothing outside machines/: they are pure.',
      },
    ],
  ),
  override(
    ['entities/**'],
    [
      {
        regex: '^([^.@]|@[^m]|@mikro-orm/([^c]|core.))',
        message: "Entities are data: they import MikroORM's core only.",
      },
      { regex: '/machines/', message: 'Entities know types of the charts only.', allowTypeImports: true },
      {
        group: ['**/../**', '!../src/core/*', '!../machines/**'],
        message: 'Entities know no services; src/core has the types they share.',
      },
    ],
  ),
  override(
    ['migrations/**'],
    [
      {
        regex: '^([^.@]|@[^m]|@mikro-orm/([^m]|migrations.))',
        message: 'Migrations are frozen: they import nothing that can change.',
      },
      { group: ['**/../**'], message: 'Migrations are frozen: they import nothing that can change.' },
    ],
  ),
  override(['src/**'], patternsOf('*', { knows: '', why: outsideWhy })),
  override(
    ['src/*.ts'],
    [
      { regex: '/store/', message: 'Of the store the public library has types only.', allowTypeImports: true },
      {
        group: [
          './*/**',
          '**/../**',
          ...['api', 'core', 'errors', 'plugin', 'store', 'store/database', 'store/read'].map((name) => `!./${name}/*`),
        ],
        message: libraryWhy,
      },
      { regex: packagePattern(guarded), message: guardedWhy },
    ],
  ),
  ...Object.entries(folders).map(([folder, border]) => override([`src/${folder}/**`], patternsOf(folder, border))),
  override(
    ['web/**'],
    [
      { regex: '^node:', message: 'The page runs in a browser.' },
      {
        regex: '/src/web/',
        message: 'The page knows the server by the types of src/web/protocol.ts only, and two texts of src/core.',
        allowTypeImports: true,
      },
      {
        group: ['**/src/**', ...['web/protocol', 'core/counted', 'core/printable'].map((name) => `!**/src/${name}.ts`)],
        message: 'The page knows the server by the types of src/web/protocol.ts only, and two texts of src/core.',
      },
      { regex: packagePattern(['carbonation']), message: 'The package is for its users: import the module itself.' },
    ],
  ),
  override(
    ['demo/**', 'plugin-template/**'],
    [
      {
        group: ['**/../**', '!../src/*', '!../migrations/*'],
        message: "A plugin imports carbonation only, as a user's does.",
      },
    ],
  ),
];
