import type { AdviceRequest } from '../advice-request.ts';
import { isAllowed } from '../choose.ts';
import { type Proposal, sameSettings } from '../proposal.ts';

/** Configurations in a race at most. Ranked ones are many times more, of which most differ in nothing that the workload touches. */
const mostRacers = 240;
/** Of each shape of the image so many at least, however slow the model thinks it. */
const perShape = 3;

/**
 * Who is worth racing: what the objective allows, the fastest by the model first, with some of every shape of the image, since it is shapes that
 * the model may be wrong about.
 * @param shown take part in any case, in their order; QEMU's defaults are the first of them
 */
export function raceField(
  request: AdviceRequest,
  shown: readonly [Proposal, ...Proposal[]],
  ranked: readonly Proposal[],
): readonly Proposal[] {
  const [baseline] = shown;
  const isShown = (proposal: Proposal) => shown.some((other) => sameSettings(other.settings, proposal.settings));
  const others = ranked
    .filter((proposal) => isAllowed(request, baseline, proposal) && !isShown(proposal))
    .sort((a, b) => b.iops.value - a.iops.value);
  const byShape = new Map<string, number>();
  const first: Proposal[] = [];
  const rest: Proposal[] = [];
  for (const proposal of others) {
    const shape = JSON.stringify(proposal.settings.create);
    const count = byShape.get(shape) ?? 0;
    byShape.set(shape, count + 1);
    (count < perShape ? first : rest).push(proposal);
  }
  return [...shown, ...first, ...rest].slice(0, mostRacers);
}
