import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { packageRoot } from '../core/index.ts';

/** A file of the built page. */
export interface PageFile {
  readonly type: string;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** The built page. */
const directory = join(packageRoot, 'dist/page');

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** The page's files by their path in a URL; there are few, and they are small. Empty when the page is not built. */
export async function readPageFiles(from: string = directory): Promise<ReadonlyMap<string, PageFile>> {
  const entries = await readdir(from, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = new Map<string, PageFile>();
  for (const entry of entries) {
    const type = types[extname(entry.name)];
    if (!entry.isFile() || type === undefined) continue;
    const path = join(entry.parentPath, entry.name);
    const url = `/${path.slice(from.length).replace(/^\/+/, '')}`;
    files.set(url, { type, body: new Uint8Array(await readFile(path)) });
  }
  return files;
}

/** What is shown instead of a page that is not there. */
export const unbuiltPage = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>carbonation</title></head>
<body><h1>The status page is not built</h1><p>Run <code>npm run build:page</code>, then reload. <a href="/metrics">/metrics</a>,
<a href="/healthz">/healthz</a> and <a href="/readyz">/readyz</a> are there.</p></body></html>`;

/** What is shown at an address that there is not. */
export const noPage = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>carbonation</title></head>
<body><h1>There is no such page</h1><p>What there is begins at <a href="/">the status page</a>.</p></body></html>`;
