import type { Recommendation } from '../advisor/recommendation.ts';
import type { SpaceStepName } from '../advisor/space/summary.ts';

/** What was searched, in one sentence or two. */
export function spaceText({ space, recommended }: Recommendation): string {
  if (space === undefined) return '';
  const count = (name: SpaceStepName) => space.steps.find((step) => step.name === name)?.count;
  const said = (name: SpaceStepName) => count(name)?.toLocaleString('en') ?? '0';
  const open = count('open') === undefined ? '' : `, ${said('open')} of them with what is decided already`;
  const limit = count('affordable') === undefined ? '' : `, ${said('affordable')} of these within the memory limit`;
  const byModel = recommended.proposal.speedSource === 'model';
  const compared = byModel
    ? `${said('compared')} of them were ranked`
    : `${said('compared')} of them were compared (--rank takes more and has the model of QEMU's driver)`;
  return `Of ${said('valid')} combinations of settings that QEMU takes for this disk${open}, ${said('distinct')} can differ in this workload's host I/O${limit}; arithmetic leaves ${said('undominated')} that no other one beats, and ${compared}. --front shows the best and what was held.`;
}

/** The same as data: every step of the search, every setting's part in it, and the whole front. */
export function spaceDocument({ request, space, front }: Recommendation) {
  const round = (value: number) => Number(value.toPrecision(6));
  return {
    ...(request.held === undefined ? {} : { held: request.held }),
    ...(space === undefined ? {} : { space }),
    ...(front === undefined
      ? {}
      : {
          front: front.map(({ proposal, isAllowed }) => ({
            ...proposal.settings,
            iops: round(proposal.iops.value),
            memoryBytes: proposal.memoryBytes,
            spaceAmplificationRatio: round(proposal.spaceAmplification.value),
            allowed: isAllowed,
          })),
        }),
  };
}
