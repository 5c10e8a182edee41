import { parseDuration, parseRetention, parseSize, type Parsed } from './units.ts';

/** A format of the schemas: a text with a unit. */
export interface Format {
  readonly type: 'string';
  readonly validate: (text: string) => boolean;
  /** Reads it, or says what is wrong with it. */
  readonly parse: (text: string) => Parsed<number>;
}

/** The formats that the schemas of config.toml and rules.toml name. */
export const formats: Readonly<Record<string, Format>> = {
  duration: format(parseDuration),
  retention: format(parseRetention),
  size: format(parseSize),
};

function format(parse: Format['parse']): Format {
  return { type: 'string', validate: (text) => parse(text).ok, parse };
}
