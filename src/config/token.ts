import { readFile } from 'node:fs/promises';
import { CarbonationError, systemCode } from '../errors/index.ts';

/** A shorter one could be guessed, in characters. */
const shortestToken = 16;

/**
 * Reads the token of `[http] token_file`.
 *
 * @throws CarbonationError TOKEN_UNREADABLE
 */
export async function readToken(path: string): Promise<string> {
  let token: string;
  try {
    token = (await readFile(path, 'utf8')).trim();
  } catch (cause) {
    const code = systemCode(cause) ?? 'error';
    const why = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`;
    throw new CarbonationError('TOKEN_UNREADABLE', `the token file ${path} ${why}`, { cause });
  }
  if (token.length >= shortestToken && !/\s/.test(token)) return token;
  const why = token.length < shortestToken ? `is shorter than ${shortestToken} characters` : 'contains a space';
  throw new CarbonationError('TOKEN_UNREADABLE', `the token in ${path} ${why}`);
}
