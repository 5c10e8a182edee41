import type { ChartView, Tone, ViewEdge } from './view.ts';

/** Fill and line of a state. */
export interface Colours {
  readonly fill: string;
  readonly line: string;
}

/** Told apart by brightness and outline too, not by hue alone. */
export const toneColours: Readonly<Record<Tone, Colours>> = {
  working: { fill: '#dbeafe', line: '#1d4ed8' },
  resting: { fill: '#f3f4f6', line: '#6b7280' },
  good: { fill: '#d1fae5', line: '#047857' },
  attention: { fill: '#ffedd5', line: '#c2410c' },
  end: { fill: '#ffffff', line: '#374151' },
};

/** Of names and labels. */
export const textColour = '#1f2937';
/** Of frames, and of what stays in the background. */
export const faintColour = '#9ca3af';
/** Of the way that a group has gone. */
export const markColour = '#1d4ed8';
/** Of what follows when an effect fails. */
const failureColour = '#b45309';

/** The size of text in points. */
export const fontSize = 12;

/** The more often, the darker. */
const heat = [
  { upTo: 0.4, colour: '#60a5fa' },
  { upTo: 0.75, colour: '#2563eb' },
  { upTo: 1, colour: '#1e3a8a' },
] as const;

/** The colour of an arrow. */
export function edgeColour(view: ChartView, edge: ViewEdge): string {
  if (view.marks !== 'none' && edge.count === 0) return '#d1d5db';
  if (view.marks === 'counts') return heat.find(({ upTo }) => edge.weight <= upTo)?.colour ?? markColour;
  if (view.marks === 'path') return markColour;
  return edge.kind === 'failure' ? failureColour : '#4b5563';
}

/** The width of an arrow in points. */
export function edgeWidth(view: ChartView, edge: ViewEdge): number {
  if (view.marks === 'none' || edge.count === 0) return 1;
  return Math.round((view.marks === 'path' ? 2.5 : 1.5 + 4.5 * edge.weight) * 10) / 10;
}
