/** The URL of a thread's entry beside this file: a source when sources run, compiled when compiled code does. */
export function workerUrl(name: string): string {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return new URL(`./${name}.${extension}`, import.meta.url).href;
}
