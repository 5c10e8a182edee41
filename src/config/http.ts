import { resolve } from 'node:path';

import { CarbonationError } from '../errors/index.ts';
import { problemsOf } from './problem.ts';
import type { RawHttp } from './raw.ts';
import { isTable } from './toml.ts';
import type { HttpConfig, Problem } from './types.ts';

type Data = Readonly<Record<string, unknown>>;

/** An address to listen on. */
export interface Listen {
  /** Without the brackets of IPv6. */
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
}

/** `127.0.0.1:9464`, `localhost:9464`, `[::1]:9464`; null when it is none of the kind. */
export function parseListen(text: string): Listen | null {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9.-]+)):(\d{1,5})$/i.exec(text.trim());
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  return host === undefined || port > 65_535 ? null : { host, port };
}

/** Whether only this machine can reach the host. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}

/** `[http]` of validated data; null: there is no server. */
export function buildHttp(raw: RawHttp, directory: string): HttpConfig | null {
  if (raw.listen === undefined) return null;
  const listen = parseListen(raw.listen);
  if (listen === null) throw new CarbonationError('INTERNAL', '`[http] listen` was not checked by the schema');
  return { ...listen, tokenFile: raw.token_file === undefined ? null : resolve(directory, raw.token_file) };
}

/** What a JSON schema cannot say about `[http]`: nobody else may look at file names and metadata without a token. */
export function httpProblems(data: Data, file: string): Problem[] {
  const http = isTable(data['http']) ? data['http'] : {};
  const { listen, token_file: tokenFile } = http;
  const make = problemsOf(file);
  if (typeof listen !== 'string') {
    if (tokenFile === undefined) return [];
    return [make.warning(['http', 'token_file'], 'has no effect without listen', 'set listen = "127.0.0.1:9464"')];
  }
  const address = parseListen(listen);
  if (address === null) return [make.error(['http', 'listen'], 'expected an address and a port up to 65535')];
  if (isLoopback(address.host) || tokenFile !== undefined) return [];
  const message = `${address.host} can be reached from other machines, and there is no token_file`;
  return [make.error(['http', 'listen'], message, 'set token_file, or listen on 127.0.0.1')];
}
