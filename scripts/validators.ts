import { _ } from 'ajv';
import standalone from 'ajv/dist/standalone/index.js';
import { configSchema, databaseSchema, secretsSchema } from '../src/config/schema.ts';
import type { Schema } from '../src/config/validate.ts';
import { ruleSetSchema } from '../src/rules/schema.ts';
import { schemaCompiler } from './schema-compiler.ts';

/** What a function validates: its schema, and the type of what has been found valid. */
interface Validator {
  readonly schema: Schema;
  readonly type: string;
}

/** The modules that validate config.toml and rules.toml, by path: to compile the schemas at each start takes 0.1 to 0.3 s. */
export function validatorModules(): Readonly<Record<string, string>> {
  const config = [
    "import { formats } from './formats.ts';",
    "import type { RawConfig, RawCredentials } from './raw.ts';",
  ];
  const rules = ["import { formats } from '../config/formats.ts';", "import type { RawRuleSet } from './raw.ts';"];
  return {
    'src/config/validators.ts': moduleOf(config, {
      validateConfig: { schema: configSchema, type: 'RawConfig' },
      validateDatabase: { schema: databaseSchema, type: "RawConfig['database']" },
      validateSecrets: { schema: secretsSchema, type: '{ readonly database: RawCredentials }' },
    }),
    'src/rules/validators.ts': moduleOf(rules, { validateRuleSet: { schema: ruleSetSchema, type: 'RawRuleSet' } }),
  };
}

/** The code that Ajv makes of schemas, as a module that exports a function a schema. */
function moduleOf(imports: readonly string[], validators: Readonly<Record<string, Validator>>): string {
  const ajv = schemaCompiler({ source: true, esm: true, lines: true, formats: _`formats` });
  for (const [name, { schema }] of Object.entries(validators)) ajv.addSchema(schema, name);
  const names = Object.keys(validators);
  let code = standalone.default(ajv, Object.fromEntries(names.map((name) => [name, name])));
  for (const [name, { type }] of Object.entries(validators)) {
    const untyped = `export const ${name} =`;
    if (!code.includes(untyped)) throw new Error(`the code does not export ${name} as it used to`);
    code = code.replace(untyped, `export const ${name}: ValidateFunction<${type}> =`);
  }
  const head = [
    '// @ts-nocheck: made by `npm run docs:config` from the schemas in schema.ts; a test compares them.',
    "import { createRequire } from 'node:module';",
    "import type { ValidateFunction } from 'ajv';",
    ...imports,
    // Ajv asks for its own helpers as CommonJS does, in an ES module, too: https://github.com/ajv-validator/ajv/issues/2209
    'const require = createRequire(import.meta.url);',
  ];
  return `${head.join('\n')}\n${code.replace(/^"use strict";/, '').trim()}\n`;
}
