import { catalogue, CarbonationError } from '../errors/index.ts';
import { readTextFile } from './text-file.ts';

/** A shorter one could be guessed, in characters. */
const shortestToken = 16;

/**
 * Reads the token of `[http] token_file`.
 *
 * @throws CarbonationError TOKEN_UNREADABLE
 */
export async function readToken(path: string): Promise<string> {
  const read = await readTextFile(path);
  if (read.reason !== null) {
    const { reason, cause, isAbsent } = read;
    throw new CarbonationError('TOKEN_UNREADABLE', `the token file ${path} ${reason}`, {
      cause,
      // What is there is not to be written over.
      ...(!isAbsent && { remedy: catalogue.CONFIG_UNREADABLE.remedy }),
    });
  }
  const token = read.text.trim();
  if (token.length >= shortestToken && !/[^!-~]/.test(token)) return token;
  const why =
    token.length < shortestToken
      ? `is shorter than ${shortestToken} characters`
      : 'contains a space, or a character that no header of a request can carry: only ASCII can';
  throw new CarbonationError('TOKEN_UNREADABLE', `the token in ${path} ${why}`);
}
