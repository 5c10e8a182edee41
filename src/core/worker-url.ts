/**
 * The URL of a thread's entry: a source when sources run, compiled when compiled code does.
 *
 * @param from - `import.meta.url` of a file in a directory of `src`, or in one beside the entry's in a bundle
 * @param name - the entry's path in `src`, without its ending
 */
export function workerUrl(from: string, name: string): URL {
  return new URL(`../${name}.${from.endsWith('.ts') ? 'ts' : 'js'}`, from);
}
