import { configSchema } from '../src/config/schema.ts';
import { durationPattern, retentionPattern, sizePattern } from '../src/config/units.ts';
import { rulesSchema } from '../src/rules/schema.ts';

/** Ours only: editors would ignore them or warn. */
const own = new Set(['x-expects', 'x-values', 'discriminator', 'writeOnly']);

/** The program's own formats as patterns, which every editor knows. */
const patterns: Readonly<Record<string, RegExp>> = {
  duration: durationPattern,
  retention: retentionPattern,
  size: sizePattern,
};

/** The schemas that the program validates with, as editors take them: by file name in `schemas/`. */
export function editorSchemas(): Readonly<Record<string, string>> {
  const text = (schema: unknown): string => `${JSON.stringify(plain(schema), null, 2)}\n`;
  return { 'config.schema.json': text(configSchema), 'rules.schema.json': text(rulesSchema) };
}

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((one: unknown) => plain(one));
  if (typeof value !== 'object' || value === null) return value;
  const kept: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) {
    // A key of that name in one of the files is a table here, not a text.
    if (key === 'format' && typeof inner === 'string') kept['pattern'] = sourceOf(inner);
    else if (!own.has(key)) kept[key] = plain(inner);
  }
  return kept;
}

/** JSON schema has no flags: letters of either case are written out. */
function sourceOf(format: string): string {
  const pattern = patterns[format];
  if (pattern === undefined) throw new Error(`the format ${format} has no pattern`);
  if (!pattern.flags.includes('i')) return pattern.source;
  return pattern.source.replaceAll(/\\.|\[[^\]]*\]|[a-z]/gi, (part) => {
    if (part.startsWith('\\')) return part;
    if (part.startsWith('[')) return part.replace(']', `${part.slice(1, -1).toUpperCase()}]`);
    return `[${part.toUpperCase()}${part.toLowerCase()}]`;
  });
}
