import { _ } from 'ajv';
import standalone from 'ajv/dist/standalone/index.js';
import { schemaCompiler } from '../src/config/compile.ts';
import { configSchema, databaseSchema, secretsSchema } from '../src/config/schema.ts';
import type { Schema } from '../src/config/validate.ts';
import { ruleSetSchema } from '../src/rules/schema.ts';

/** The modules that the build puts in the place of those that compile schemas: their code, by path below `dist`. */
export function validatorModules(): Readonly<Record<string, string>> {
  return {
    'src/config/validators.js': moduleOf('./formats.js', {
      validateConfig: configSchema,
      validateDatabase: databaseSchema,
      validateSecrets: secretsSchema,
    }),
    'src/rules/validators.js': moduleOf('../config/formats.js', { validateRuleSet: ruleSetSchema }),
  };
}

/**
 * The code that Ajv makes of schemas, as a module.
 *
 * @param formats - where the module finds the formats
 * @param schemas - by the name of the function that validates it
 */
function moduleOf(formats: string, schemas: Readonly<Record<string, Schema>>): string {
  const ajv = schemaCompiler({ source: true, esm: true, formats: _`formats` });
  for (const [name, schema] of Object.entries(schemas)) ajv.addSchema(schema, name);
  const names = Object.keys(schemas);
  const code = standalone.default(ajv, Object.fromEntries(names.map((name) => [name, name])));
  // Ajv asks for its own helpers as CommonJS does, in an ES module, too: https://github.com/ajv-validator/ajv/issues/2209
  const imports = new Set([`import { formats } from '${formats}';`]);
  const body = code.replaceAll(/require\("(ajv\/dist\/runtime\/(\w+))"\)/g, (_all, path: string, name: string) => {
    imports.add(`import ${name} from '${path}.js';`);
    return name;
  });
  if (body.includes('require(')) throw new Error('the code of a validator requires something that is not known here');
  return `${[...imports].join('\n')}\n${body}\n`;
}
