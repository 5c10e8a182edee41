import { compileSchema } from './compile.ts';
import type { RawConfig, RawCredentials } from './raw.ts';
import { configSchema, databaseSchema, secretsSchema } from './schema.ts';

/**
 * What validates config.toml and secrets.toml. The build puts the code that Ajv makes of the schemas in this module's place
 * (`scripts/validators.ts`), so that an installed program neither loads Ajv nor compiles anything at each start.
 */

export const validateConfig = compileSchema<RawConfig>(configSchema);
export const validateDatabase = compileSchema<RawConfig['database']>(databaseSchema);
export const validateSecrets = compileSchema<{ readonly database: RawCredentials }>(secretsSchema);
