import Table from 'cli-table3';
import { median } from './stats.ts';

/** What a figure's median is held against. */
export type Goal = { readonly atLeast: number } | { readonly atMost: number } | { readonly below: number };

/** One line of a part's table. */
export interface Figure {
  /** What was measured. */
  readonly name: string;
  /** What the numbers are: `s`, `ms`, `groups/s`, `MB` (of a million bytes), `%`; a ratio's is `×`. */
  readonly unit: string;
  /** One value a round. */
  readonly values: readonly number[];
  readonly goal?: Goal;
  /** Digits behind the point; without it three digits that count are shown. */
  readonly digits?: number;
}

/** What a part measured, or why it did not: a missing peer is said, never left out silently. */
export type Line = Figure | { readonly skipped: string; readonly why: string };

/** Whether the median of a figure reaches its goal; null without one. */
export function reaches({ values, goal }: Figure): boolean | null {
  if (goal === undefined) return null;
  const value = median(values);
  if ('atLeast' in goal) return value >= goal.atLeast;
  return 'atMost' in goal ? value <= goal.atMost : value < goal.below;
}

function goalText(goal: Goal | undefined): string {
  if (goal === undefined) return '';
  if ('atLeast' in goal) return `≥ ${goal.atLeast}`;
  return 'atMost' in goal ? `≤ ${goal.atMost}` : `< ${goal.below}`;
}

function numberText(value: number, digits: number | undefined): string {
  if (!Number.isFinite(value)) return String(value);
  const size = value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value)));
  return value.toFixed(digits ?? Math.min(3, Math.max(0, 2 - size)));
}

/** The table of a part as text: a line a figure, with minimum, median and maximum over the rounds and its goal. */
export function tableOf(lines: readonly Line[]): string {
  const table = new Table({
    head: ['figure', 'unit', 'min', 'median', 'max', 'goal', ''],
    style: { head: [], border: [], compact: true },
    colAligns: ['left', 'left', 'right', 'right', 'right', 'left', 'left'],
  });
  for (const line of lines) {
    if ('skipped' in line) {
      table.push([line.skipped, { colSpan: 6, content: `NOT MEASURED: ${line.why}` }]);
      continue;
    }
    const { name, unit, values, digits, goal } = line;
    const [min, middle, max] = [Math.min(...values), median(values), Math.max(...values)].map((value) =>
      numberText(value, digits),
    );
    const verdict = { true: 'reached', false: 'MISSED', null: '' }[`${reaches(line)}`];
    table.push([name, unit, min, middle, max, goalText(goal), verdict]);
  }
  return table.toString();
}
