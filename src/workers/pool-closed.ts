import { CarbonationError } from '../errors/index.ts';

/** The answer to everything that a pool is asked at or after its end. */
export function poolClosed(): CarbonationError {
  return new CarbonationError('POOL_CLOSED', 'the threads have been stopped');
}
