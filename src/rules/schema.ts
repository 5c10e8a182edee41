import { table, text } from '../config/schema.ts';
import type { Schema } from '../config/validate.ts';

/** The longest `timeout_minutes`: 365 days. */
const longestTimeoutMinutes = 525_600;

function texts(description: string, item: Schema = text('One of them.'), expects = 'a list of texts'): Schema {
  return { type: 'array', items: item, description, 'x-expects': expects };
}

function tables(description: string, items: Schema, name: string): Schema {
  return { type: 'array', items, default: [], description, 'x-expects': `tables [[RULESET.${name}]]` };
}

const kwargs: Schema = { type: 'object', description: 'Passed to the function.', 'x-expects': 'a table' };
const functionKey = text('A function of the plugin.', "the key of a plugin's function");

const bytes: Schema = {
  type: 'integer',
  minimum: 0,
  description: 'A number of bytes.',
  'x-expects': 'a whole number of bytes',
};

const magic: Schema = {
  type: 'string',
  pattern: '^\\s*(?:[0-9A-Fa-f]{2}\\s*)+$',
  description: 'The first bytes of the file.',
  'x-expects': 'bytes as hex digits in pairs, e.g. "89504e47"',
};

function check(type: string, description: string, properties: Schema = {}, required: readonly string[] = []): Schema {
  return table(description, { type: { const: type, description: 'The kind of check.' }, ...properties }, [
    'type',
    ...required,
  ]);
}

const integrity: Schema = {
  type: 'object',
  description: 'A check that every file must pass.',
  discriminator: { propertyName: 'type' },
  oneOf: [
    check('min_size', 'The file has at least this many bytes.', { value: bytes }, ['value']),
    check('max_size', 'The file has at most this many bytes.', { value: bytes }, ['value']),
    check('checksum', 'The checksum in a file beside it, or in a manifest, is right.'),
    check('magic', 'The file begins with these bytes.', { value: magic }, ['value']),
    check('json', 'The file is valid JSON in UTF-8.'),
    check('plugin', 'A function of the plugin accepts the file.', { function: functionKey, kwargs }, ['function']),
  ],
};

const extension: Schema = {
  type: 'string',
  pattern: '^\\.?[^./\\s][^/]*$',
  description: 'The end of the file name; several dots are allowed.',
  'x-expects': 'an extension such as ".txt" or ".meta.json"',
};

const completeness = table('When a group is complete.', {
  group_by: {
    type: 'string',
    enum: ['stem', 'plugin'],
    default: 'stem',
    description: 'How files are grouped: by the name without its extension, or by a function of the plugin.',
  },
  group_function: text('The function that gives the group key.', "the key of a plugin's function"),
  expected_extensions: {
    ...texts('Extensions that must all be there.', extension, 'a list of extensions'),
    default: [],
  },
  primary_extension: { ...extension, description: 'The file whose archive path stands for the group.' },
  timeout_minutes: {
    type: 'number',
    exclusiveMinimum: 0,
    maximum: longestTimeoutMinutes,
    default: 120,
    description: 'How long a group may be incomplete.',
    'x-expects': `a number of minutes, more than 0, at most ${longestTimeoutMinutes}`,
  },
  on_timeout: {
    type: 'string',
    enum: ['warn', 'skip', 'archive_partial'],
    default: 'warn',
    description: 'What happens then: report it and wait on, give the group up, or archive what has arrived.',
  },
  across_directories: {
    type: 'boolean',
    default: false,
    description: 'Whether files of different directories of a recursive watch may be one group.',
  },
});

const patterns = texts(
  'Regular expressions, found anywhere in the value; if that takes more than a second, the group fails.',
);

const field = table(
  'Conditions on one value of the metadata.',
  { name: text('The key of the metadata.'), matches: patterns, not_matches: patterns },
  ['name'],
);

const selection = table('Conditions that must all hold.', {
  has_keys: texts('Metadata that must be there.'),
  lacks_keys: texts('Metadata that must not be there.'),
  field: {
    type: ['string', 'array'],
    items: field,
    minLength: 1,
    description: 'Conditions on values; or the name of the value that `matches` and `not_matches` apply to.',
    'x-expects': 'a list such as [{ name = "category", matches = ["^a"] }], or a name',
  },
  matches: patterns,
  not_matches: patterns,
  type: { type: 'string', enum: ['plugin'], description: '`plugin`: a function of the plugin decides.' },
  function: functionKey,
  kwargs,
});

const routing = table('Which archive a group goes to.', {
  match: text('A glob on the group key or on the file name.', 'a glob'),
  archive: text('The archive of groups that match.', 'the name of an archive'),
  type: { type: 'string', enum: ['match', 'plugin'], description: '`plugin`: a function of the plugin decides.' },
  function: functionKey,
});

/** The JSON schema of one rule set. */
export const ruleSetSchema: Schema = {
  ...table('A rule set.', {
    archive: text('The archive if no routing rule decides.', 'the name of an archive'),
    integrity: tables('Checks that every file must pass.', integrity, 'integrity'),
    completeness,
    metadata: table('Metadata.', { extract: text('The extractor.', "the key of a plugin's extractor") }),
    selection: tables(
      'Which groups are archived: those for which one of these blocks holds; without a block, all.',
      selection,
      'selection',
    ),
    routing: tables('Where groups go; the first that matches wins.', routing, 'routing'),
  }),
  'x-expects': 'a rule set, i.e. a table such as [my-rules]',
};

/** The JSON schema of rules.toml; `default` and `description` are there for editors as well. */
export const rulesSchema: Schema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'carbonation rules.toml',
  type: 'object',
  description: 'Rule sets by name.',
  additionalProperties: ruleSetSchema,
};
