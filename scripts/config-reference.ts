import { configSchema } from '../src/config/schema.ts';
import type { Schema } from '../src/config/validate.ts';
import { rulesSchema } from '../src/rules/schema.ts';

const introduction = `# Configuration

Two TOML files, in UTF-8: \`config.toml\` says where files arrive, where they go and how the service works; \`rules.toml\` says
what happens to them. The program checks both files with schemas. \`npm run docs:config\` makes this page,
\`schemas/config.schema.json\` and \`schemas/rules.schema.json\` from them. The files of \`carbonation init\` name the schemas in
their first line, so that editors with a TOML language server (taplo, Even Better TOML) complete and check keys.

- \`carbonation check config\` reports every problem of both files at once, with file, line and key.
- Relative paths start at the directory of \`config.toml\`; the \`destination\` of an archive starts at its \`base_path\`.
- A duration is a number and \`s\`, \`m\`, \`h\` or \`d\`, more than 0, at most 365 days.
- A key that is not listed here is an error; the message suggests the nearest key.
- A change of \`config.toml\` takes effect at the next start, a change of \`rules.toml\` at once.

Secrets: all values of \`[database]\` except \`echo\` may come from the environment instead (\`CARBONATION_DATABASE_PASSWORD\`,
\`_HOST\`, …). For a database server they may also come from \`[database]\` in \`~/.config/carbonation/secrets.toml\`, including
\`drivername\`. config.toml comes first, then the environment. \`password_file\` and \`token_file\` name files that hold only the
secret, such as systemd's credentials (see [operations](operations.md#secrets)).
`;

/** A table of the reference: its heading, what it is and its keys. */
interface Section {
  readonly heading: string;
  readonly schema: Schema;
}

/** docs/configuration.md, before it is formatted. */
export function configReference(): string {
  const parts = [introduction, '## config.toml'];
  for (const [name, schema] of Object.entries(tableOf(configSchema['properties']))) {
    const table = tableOf(schema);
    const isList = table['type'] === 'array';
    parts.push(
      section({ heading: isList ? `[[${name}]]` : `[${name}]`, schema: isList ? tableOf(table['items']) : table }),
    );
  }
  parts.push(
    '## rules.toml',
    'Each top-level table is a rule set; `rules` of a watch names the one that applies to it.',
  );
  const ruleSet = tableOf(rulesSchema['additionalProperties']);
  parts.push(...ruleSetSections(ruleSet));
  return `${parts.join('\n\n')}\n`;
}

function ruleSetSections(ruleSet: Schema): readonly string[] {
  const properties = tableOf(ruleSet['properties']);
  const inner = Object.entries(properties).filter(([, schema]) => isNested(tableOf(schema)));
  const values = Object.fromEntries(Object.entries(properties).filter(([, schema]) => !isNested(tableOf(schema))));
  const parts = [section({ heading: '[RULESET]', schema: { ...ruleSet, properties: values } })];
  for (const [name, found] of inner) {
    const schema = tableOf(found);
    const isList = schema['type'] === 'array';
    const item = isList ? tableOf(schema['items']) : schema;
    const heading = isList ? `[[RULESET.${name}]]` : `[RULESET.${name}]`;
    const forms = item['oneOf'];
    if (Array.isArray(forms)) parts.push(formsSection(heading, schema, forms));
    else parts.push(section({ heading, schema: isList ? { ...item, description: schema['description'] } : item }));
  }
  return parts;
}

function isNested(schema: Schema): boolean {
  return schema['type'] === 'object' || (schema['type'] === 'array' && tableOf(schema['items'])['type'] === 'object');
}

function section({ heading, schema }: Section): string {
  const required = Array.isArray(schema['required']) ? schema['required'].map(String) : [];
  const rows = Object.entries(tableOf(schema['properties'])).map(([key, found]) => {
    const property = tableOf(found);
    return [`\`${key}\``, expectation(property), defaultOf(key, property, required), descriptionOf(property)];
  });
  return [
    `### ${code(heading)}`,
    descriptionOf(schema),
    markdownTable(['key', 'value', 'default', 'meaning'], rows),
  ].join('\n\n');
}

/** A table whose `type` says which other keys it has. */
function formsSection(heading: string, schema: Schema, forms: readonly unknown[]): string {
  const rows = forms.map((found) => {
    const form = tableOf(found);
    const { type, ...others } = tableOf(form['properties']);
    const keys = Object.entries(others).map(([key, value]) => `\`${key}\`: ${expectation(tableOf(value))}`);
    return [`\`"${String(tableOf(type)['const'])}"\``, keys.join('<br>') || 'none', descriptionOf(form)];
  });
  return [
    `### ${code(heading)}`,
    descriptionOf(schema),
    markdownTable(['`type`', 'further keys', 'meaning'], rows),
  ].join('\n\n');
}

function code(text: string): string {
  return `\`${text}\``;
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function descriptionOf(schema: Schema): string {
  const description = schema['description'];
  if (typeof description !== 'string') throw new Error(`a key without a description: ${JSON.stringify(schema)}`);
  return description;
}

function expectation(schema: Schema): string {
  const words = schema['x-expects'];
  if (typeof words === 'string') return words;
  const known = schema['enum'];
  if (Array.isArray(known)) return known.map((value) => code(JSON.stringify(value))).join(', ');
  const names: Readonly<Record<string, string>> = {
    boolean: '`true` or `false`',
    number: 'a number',
    object: 'a table',
  };
  return names[String(schema['type'])] ?? 'a value';
}

function defaultOf(key: string, schema: Schema, required: readonly string[]): string {
  const value = schema['default'];
  if (required.includes(key)) return 'required';
  if (value === undefined) return 'not set';
  // Permissions are octal wherever people write them.
  const isMode = key.endsWith('_mode') && typeof value === 'number';
  return code(isMode ? `0o${value.toString(8)}` : JSON.stringify(value));
}

function tableOf(value: unknown): Schema {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
