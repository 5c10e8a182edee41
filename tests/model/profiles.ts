import { fileGroupMachine } from '../../machines/file-group/index.ts';
import { distinguish } from '../machines/group-model.ts';
import { inputOf, policy } from '../machines/group-words.ts';
import type { Exploration } from '../support/graph.ts';
import { Model, type Offer } from './offer.ts';

/**
 * What can happen to a group under real rules, as models of the chart. Each has
 * one set of rules and offers only what can be made to happen under them, so
 * that every path through it can be walked with real files.
 */

/** A set of rules, and the graph of a group under it. */
export interface Profile {
  readonly name: string;
  /** Its table in rules.toml. */
  readonly rules: string;
  /** The file that its walks begin with. */
  readonly first: string;
  /** More lines of its `[[watch]]`. */
  readonly watch: string;
  readonly exploration: Exploration;
}

const checks = (name: string): string => `
[${name}]
[[${name}.integrity]]
type = "plugin"
function = "sound"
`;

const decisions = (name: string): string => `
[${name}.metadata]
extract = "read"
[[${name}.selection]]
type = "plugin"
function = "wanted"
[[${name}.routing]]
type = "plugin"
function = "place"
`;

const completeness = (name: string, onTimeout: string): string => `
[${name}.completeness]
expected_extensions = [".dat", ".xml"]
timeout_minutes = 10
on_timeout = "${onTimeout}"
`;

function profile(offer: Offer): Profile {
  const { name, onTimeout, moves, ignoresRedelivery } = offer;
  const model = new Model(offer);
  const onRedelivery = ignoresRedelivery === true ? 'ignore' : 'archive';
  return {
    name,
    first: offer.first ?? 'a.dat',
    rules: `${checks(name)}${moves === true ? '' : decisions(name)}${onTimeout === undefined ? '' : completeness(name, onTimeout)}`,
    watch: [`on_redelivery = "${onRedelivery}"`, ...(moves === true ? ['archive = "moves"'] : [])].join('\n'),
    exploration: {
      machine: fileGroupMachine,
      input: inputOf({ names: [offer.first ?? 'a.dat'], policy: policy({ maxRetries: 1, onRedelivery }) }),
      eventsIn: (state) => model.eventsIn(state),
      distinguish,
    },
  };
}

const everyNews: Offer['news'] = [
  'files.settled',
  'files.removed',
  'retry.due',
  'retry.requested',
  'rules.changed',
  'assessment.requested',
  'archive.lost',
  'archive.found',
  'archive.writtenOff',
];

/** Together they offer every transition that can be provoked. */
export const profiles: readonly Profile[] = [
  profile({
    name: 'single',
    news: everyNews,
    troubles: ['refused', 'gone', 'broken check', 'broken extractor', 'decision', 'transfer'],
  }),
  profile({
    name: 'moving',
    moves: true,
    news: ['files.settled', 'files.removed', 'retry.due'],
    troubles: ['removal'],
  }),
  profile({ name: 'ignoring', ignoresRedelivery: true, news: ['files.settled'] }),
  profile({
    name: 'keeping',
    onTimeout: 'skip',
    hasSecond: true,
    ignoresRedelivery: true,
    news: ['files.settled', 'archive.lost', 'archive.found', 'archive.writtenOff'],
  }),
  profile({ name: 'skipping', onTimeout: 'skip', news: [...everyNews, 'timeout.due'], troubles: ['refused'] }),
  profile({ name: 'warning', onTimeout: 'warn', news: ['timeout.due'] }),
  profile({ name: 'partial', onTimeout: 'archive_partial', news: ['timeout.due'] }),
  profile({
    name: 'pair',
    onTimeout: 'skip',
    hasSecond: true,
    news: ['files.settled', 'assessment.requested', 'archive.lost', 'archive.found', 'archive.writtenOff'],
    troubles: ['refused'],
  }),
  profile({
    name: 'adopting',
    onTimeout: 'skip',
    first: 'a.log',
    adopts: true,
    news: [
      'files.settled',
      'files.removed',
      'retry.due',
      'rules.changed',
      'assessment.requested',
      'archive.lost',
      'archive.writtenOff',
      'archive.adopted',
      'archive.merged',
    ],
    troubles: ['gone', 'broken check', 'broken extractor'],
  }),
];
