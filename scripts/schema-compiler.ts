import { Ajv, type Options } from 'ajv';
import { formats } from '../src/config/formats.ts';

/**
 * What compiles the schemas of config.toml and rules.toml. What it compiles puts a schema's defaults into what it validates.
 *
 * @param code - how the code is made that validates
 */
export function schemaCompiler(code: Options['code'] = {}): Ajv {
  const ajv = new Ajv({
    allErrors: true,
    strict: true,
    verbose: true,
    allowUnionTypes: true,
    discriminator: true,
    useDefaults: true,
    // They are ours, and tests validate them.
    meta: false,
    validateSchema: false,
    code,
  });
  ajv.addVocabulary(['x-expects', 'x-values']);
  for (const [name, { type, validate }] of Object.entries(formats)) ajv.addFormat(name, { type, validate });
  return ajv;
}
