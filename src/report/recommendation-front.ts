import { type Proposal, sameSettings } from '../advisor/proposal.ts';
import type { Recommendation } from '../advisor/recommendation.ts';
import { type FrontPoint, thinnedFront } from '../advisor/space/front.ts';
import { printedSettings } from '../settings/print.ts';
import { formatBytes } from '../units/bytes.ts';
import { formatCount } from '../units/rate.ts';
import { frontChart } from './front-chart.ts';
import { paragraph } from './recommendation-paragraph.ts';
import { renderTable } from './table.ts';

/** Columns that the last label of a chart may stand over its edge. */
const lastLabel = 4;
/** Lines of the front that people are shown at most. */
const shownPoints = 10;

/** Everything that nothing else beats, the settings that were held, and why. */
export function frontSection(recommendation: Recommendation, width: number): readonly string[] {
  const { space, front } = recommendation;
  if (space === undefined || front === undefined) return [];
  const thinned = thinnedFront(front, shownPoints);
  const pick: FrontPoint = { proposal: recommendation.recommended.proposal, isAllowed: true };
  const shown = thinned.some(({ proposal }) => sameFigures(proposal, pick.proposal)) ? thinned : [pick, ...thinned];
  const left =
    shown.length < front.length
      ? ` Of ${front.length} points these are the ones that differ most; --json has all.`
      : '';
  const refused = shown.some(({ isAllowed }) => !isAllowed)
    ? ' ×: the file grows more than twice as fast as under the defaults, which is not recommended for speed.'
    : '';
  const latency =
    'Speed is the mean of requests: the costs behind it are means of each kind of host I/O, which say nothing of the slowest in a hundred.';
  const held = space.settings.filter(({ role }) => role === 'held');
  const chart = frontChart(front, Math.min(width, 80) - lastLabel);
  return [
    `The front: whatever is faster takes more memory or more space\n\n${frontTable(recommendation, shown, width)}`,
    paragraph(
      `*: recommended; of what is tied in speed it is the nearest to the defaults. ${latency}${left}${refused}`,
      width,
    ),
    ...(chart === '' ? [] : [chart]),
    `Held\n\n${held.map(({ name, because }) => paragraph(`${name}: ${because ?? ''}`, width, '  ')).join('\n')}`,
  ];
}

function frontTable({ recommended, baseline }: Recommendation, points: readonly FrontPoint[], width: number): string {
  const mark = ({ proposal, isAllowed }: FrontPoint) => {
    if (sameFigures(proposal, recommended.proposal)) return '*';
    return isAllowed ? '' : '×';
  };
  const ratio = ({ iops }: Proposal) => `${(iops.value / baseline.proposal.iops.value).toFixed(2)}×`;
  const columns = ['', 'IOPS', 'defaults', 'memory', 'space', 'settings'].map((title) => ({ title }));
  const rows = points.flatMap((point) => {
    const [first = '', ...more] = lines(settingsOf(point.proposal), Math.max(24, width - figuresWidth));
    const figures = [
      mark(point),
      formatCount(point.proposal.iops.value),
      ratio(point.proposal),
      formatBytes(point.proposal.memoryBytes),
      `${Number(point.proposal.spaceAmplification.value.toPrecision(3))}×`,
    ];
    return [[...figures, first], ...more.map((line) => ['', '', '', '', '', line])];
  });
  return renderTable(columns, rows).trimEnd();
}

/** Columns that the figures of a line take at most, with the space between them. */
const figuresWidth = 38;

/** Words in lines of so many columns. */
function lines(words: readonly string[], width: number): readonly string[] {
  const found: string[] = [];
  for (const word of words) {
    const last = found.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) found[found.length - 1] = `${last} ${word}`;
    else found.push(word);
  }
  return found;
}

function sameFigures(a: Proposal, b: Proposal): boolean {
  return sameSettings(a.settings, b.settings) || (a.iops.value === b.iops.value && a.memoryBytes === b.memoryBytes);
}

function settingsOf({ settings }: Proposal): readonly string[] {
  const { create, drive } = settings;
  const words = [...printedSettings('create', create), ...printedSettings('drive', drive)];
  return words.length === 0 ? ['defaults'] : words.map(({ name, text }) => `${name}=${text}`);
}
