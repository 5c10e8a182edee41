import { printable } from '../core/printable.ts';

/** Turns one JSON line of the logger into one line for people, with its line break. */
export type FormatLine = (json: string) => string;

/** How a text line looks. */
export interface TextOptions {
  readonly colour: boolean;
  /** With the date: a file is read weeks later, a terminal now. */
  readonly date: boolean;
}

const levelColours = {
  trace: 'gray',
  debug: 'gray',
  info: 'blue',
  success: 'green',
  warning: 'yellow',
  error: 'red',
  critical: 'bgRed',
} as const;

/** Makes the formatter of text lines: `HH:MM:SS.mmm LEVEL message key=value`, in local time. */
export async function textFormat(options: TextOptions): Promise<FormatLine> {
  const { prettyFactory } = await import('pino-pretty');
  const pretty = prettyFactory({
    colorize: options.colour,
    // The line below has the colours that it needs; the message as a whole gets none.
    customColors: { message: 'reset' },
    ignore: 'time,level',
    hideObject: true,
    messageFormat: (log, messageKey, _label, { colors }) => {
      const { time, level, [messageKey]: message, ...fields } = log;
      const name = String(level);
      const colour = isLevel(name) ? colors[levelColours[name]] : String;
      const words = [
        colors.dim(localTime(new Date(String(time)), options.date)),
        colour(name.toUpperCase().padEnd(8)),
        printable(typeof message === 'string' ? message : ''),
        ...Object.entries(fields).map(([key, value]) => `${colors.dim(`${printable(key)}=`)}${fieldText(value)}`),
      ];
      return words.join(' ');
    },
  });
  return pretty;
}

function isLevel(name: string): name is keyof typeof levelColours {
  return Object.hasOwn(levelColours, name);
}

/** A value without spaces as it is, anything else as JSON, so that the end of each value can be seen. */
function fieldText(value: unknown): string {
  const plain = typeof value === 'string' && /^[^\s"=]+$/.test(value);
  return printable(plain ? value : JSON.stringify(value));
}

function localTime(date: Date, withDate: boolean): string {
  const two = (n: number): string => String(n).padStart(2, '0');
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} `;
  return `${withDate ? day : ''}${time}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}
