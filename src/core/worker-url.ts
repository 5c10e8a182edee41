/**
 * The URL of a thread's entry: a source when sources run, compiled when compiled code does.
 *
 * @param from - `import.meta.url` of a file beside it
 */
export function workerUrl(from: string, name: string): URL {
  return new URL(`./${name}.${from.endsWith('.ts') ? 'ts' : 'js'}`, from);
}
