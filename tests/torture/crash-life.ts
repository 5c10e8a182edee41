/**
 * Lives a life to its end, or to the point at which it is killed.
 *
 * Usage: node --import faults.ts crash-life.ts LIFE DIRECTORY [POINT WHEN | --record FILE]
 */
import { plan, type FaultPlan } from '../support/faults.ts';
import { settings } from './figures.ts';
import { Life, stages } from './life.ts';

const [name = '', directory = '', point = '', when = ''] = process.argv.slice(2);
const life = Life.at(name, directory);
const isRecording = point === '--record';
const what: Pick<FaultPlan, 'record' | 'point' | 'act'> = isRecording
  ? { record: when, point: null, act: null }
  : { record: null, point, act: { do: 'kill', when: when === 'before' ? 'before' : 'after' } };

for (const stage of stages) {
  if (!settings.isLive) await life.deliver(stage);
  plan({ stage, delivery: life.delivery, archives: [life.archive], ...what });
  await (settings.isLive ? life.seeLive(stage) : life.run());
  plan(null);
}
