import { compileSchema } from '../config/compile.ts';
import type { RawRuleSet } from './raw.ts';
import { ruleSetSchema } from './schema.ts';

/** What validates a rule set; replaced by the build, as `src/config/validators.ts`. */
export const validateRuleSet = compileSchema<RawRuleSet>(ruleSetSchema);
