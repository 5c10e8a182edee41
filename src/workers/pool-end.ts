import { CarbonationError } from '../errors/index.ts';

/** What of a piscina pool its end needs. */
interface EndablePool {
  close(options: { force: boolean }): Promise<void>;
  destroy(): Promise<void>;
}

/** Lets running messages finish, for at most `timeoutMs` (0: not at all), and ends the threads. */
export async function closePool(pool: EndablePool, timeoutMs: number): Promise<void> {
  if (timeoutMs > 0) {
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeoutMs);
    });
    await Promise.race([pool.close({ force: false }).catch(() => undefined), tooLate]);
    clearTimeout(timer);
  }
  await pool.destroy();
}

/** The answer to everything that a pool is asked at or after its end. */
export function poolClosed(): CarbonationError {
  return new CarbonationError('POOL_CLOSED', 'the threads have been stopped');
}
