import { CarbonationError } from '../errors/index.ts';

/** Lets what is under way finish, for at most `timeoutMs` (0: not at all), and ends the threads. */
export async function endPool(
  underWay: Promise<unknown>,
  pool: { destroy(): Promise<void> },
  timeoutMs: number,
): Promise<void> {
  if (timeoutMs > 0) {
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeoutMs);
    });
    await Promise.race([underWay, tooLate]);
    clearTimeout(timer);
  }
  await pool.destroy();
}

/** The answer to everything that a pool is asked at or after its end. */
export function poolClosed(): CarbonationError {
  return new CarbonationError('POOL_CLOSED', 'the threads have been stopped');
}
