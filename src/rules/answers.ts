import { CarbonationError } from '../errors/index.ts';

/**
 * Whether a call has failed by what the plugin's function did, which is its answer. How its thread or the process ended, or that its
 * time was over, says nothing of the group: then there is no answer, and no decision.
 */
export function isOfFunction(thrown: unknown): boolean {
  return thrown instanceof CarbonationError && thrown.code === 'PLUGIN_FUNCTION_FAILED';
}
