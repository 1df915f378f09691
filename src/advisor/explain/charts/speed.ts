import { UsageError } from '../../../errors.ts';
import { measuringWorkloads } from '../../measuring-workloads.ts';
import type { ProposalSettings } from '../../proposal.ts';
import { propose } from '../../proposal.ts';
import { canModel } from '../../ranking/part.ts';
import { Predictor } from '../../ranking/predictor.ts';
import type { ExplainChart } from '../explanation.ts';
import type { Lab } from '../lab/lab.ts';

/** Requests of the parts of a workload; a dozen configurations take a fraction of a second. */
const lengths = { reads: 2000, writes: 500 };
/** Reads of the warm-up: one for each entry of the largest cache. A cache of more entries would be seen half empty, and is left out. */
const warmUpLimit = 2 ** 19;
/** Requests of a profile or a trace that are run, over all configurations. */
const runRequests = 2 ** 20;
const allocationLimitBytes = 2 ** 40;
const seed = 1;

/** What is drawn: for each series one configuration a label, or none. */
export interface SpeedAxes {
  readonly title: string;
  readonly shape: ExplainChart['shape'];
  readonly labels: readonly string[];
  readonly series: readonly { readonly name: string; readonly settings: readonly (ProposalSettings | undefined)[] }[];
  /** How to read it. */
  readonly reading: string;
}

/** Predicted speed of the user's workload on his disk; nothing for a disk that the model cannot number. */
export function speedChart(lab: Lab, axes: SpeedAxes): readonly ExplainChart[] {
  const settings = axes.series.flatMap((one) => one.settings).filter((one) => one !== undefined);
  const speeds = withinReach(() => predictSpeeds(lab, settings));
  if (speeds === undefined) return [];
  const { traits } = lab.request;
  const series = axes.series.map(({ name, settings: own }) => ({
    name,
    values: own.map((one) => (one === undefined ? null : (speeds.get(one) ?? null))),
  }));
  const { title, shape, labels } = axes;
  const about = `Requests a second, one at a time, of ${traits.title}. ${axes.reading}`;
  return [{ title, shape, unit: 'perSecond', source: 'predicted', labels, series, about }];
}

/** A disk too small for the workload's requests, or too large for the format, has no such chart. */
function withinReach<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof UsageError) return undefined;
    throw error;
  }
}

function predictSpeeds(
  { request, basis }: Lab,
  settings: readonly ProposalSettings[],
): ReadonlyMap<ProposalSettings, number> | undefined {
  if (settings.some(({ create }) => !canModel(request.diskBytes, create))) return undefined;
  const rated = settings
    .map((one) => ({ one, proposal: propose(request, one) }))
    .filter(({ proposal }) => proposal.cache.l2EntryCount <= warmUpLimit);
  if (rated.length === 0) return undefined;
  const proposals = rated.map(({ proposal }) => proposal);
  const warmUp = Math.max(...proposals.map(({ cache }) => cache.l2EntryCount));
  const parts = measuringWorkloads(request, { proposals, allocationLimitBytes, lengths: { ...lengths, warmUp }, seed });
  const predictor = new Predictor(request.traits, parts, basis, {
    ...{ runRequests, configurationCount: proposals.length, fillsOnly: true },
  });
  const predictions = predictor.predict(proposals);
  return new Map(rated.map(({ one }, index) => [one, predictions[index]?.value ?? Number.NaN]));
}
