/** What happened to each group, why it is where it is, and the charts, drawn. Reads only. */
export {
  chartFormats,
  chartNames,
  drawChart,
  drawCounts,
  drawGroup,
  renderChart,
  type ChartFormat,
  type ChartName,
  type Drawing,
} from './charts.ts';
export { factLines, verdictLines } from './fact-text.ts';
export { findGroup } from './find.ts';
export { readHistory, type GroupHistory, type HistoryStep } from './history.ts';
export { momentText, nearText, spanText } from './times.ts';
export { readWhy } from './why.ts';
export type { WhyReport } from './why-report.ts';
