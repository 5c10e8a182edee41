/**
 * Measures the program, part by part, and prints a table a part. What each part does is in bench/README.md.
 *
 * Usage: node bench/main.ts [part…] [--groups N] [--rounds N] … [--write]
 */
import { runParts } from './lib/part.ts';
import { parts } from './parts/index.ts';

await runParts(parts);
