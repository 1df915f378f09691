import type { AdviceRequest } from '../../advisor/advice-request.ts';
import { platformSettings } from '../../advisor/full-answer.ts';
import { arithmeticProspect, type Foresight, type Prospect } from '../../advisor/outlook.ts';
import type { RankedCandidates } from '../../advisor/recommendation.ts';
import { InterruptedError } from '../../errors.ts';
import { cacheModeOf } from '../../settings/cache-mode.ts';
import { measuringCacheMode } from '../../settings/drive-rules.ts';
import type { Host } from '../host.ts';

/** How a request is looked at: by arithmetic, or by the model of QEMU's driver. */
export interface View {
  readonly prospect: Prospect | (Prospect & { readonly candidates: RankedCandidates });
  readonly foresee: Foresight;
}

/** For a look at what may become of a request: the settings of each image that arithmetic finds best, and fewer requests. */
const foresight = { perImage: 2, runRequests: 2 ** 18 } as const;

/** By arithmetic, in an instant. */
export function arithmeticView(request: AdviceRequest): View {
  return { prospect: arithmeticProspect(request), foresee: (asked) => arithmeticProspect(asked) };
}

/**
 * By the model of QEMU's driver. That takes a second or two, so that the plain question is answered from arithmetic; and so is the one for a
 * disk that is too large for the model.
 */
export async function modelView(request: AdviceRequest, seed: number, host: Host): Promise<View> {
  const { rankedCandidates } = await import('../../advisor/ranking/rank.ts');
  const { costProfiles } = await import('../run/cost-profiles.ts');
  const { cacheFamilyOf } = await import('../../driver/cost/cost-profile.ts');
  const held = request.held?.drive ?? {};
  const { profile, warning } = await costProfiles(host)(
    cacheFamilyOf(cacheModeOf(held) ?? measuringCacheMode),
    held.aio === 'native' || held.aio === 'threads' ? held.aio : 'io_uring',
  );
  const costs = { profile, ...(warning === undefined ? {} : { warning: warning.message }) };
  const platform = platformSettings(request);
  const candidates = rankedCandidates(request, costs, seed, platform ? { others: [platform] } : {});
  // A signal that came meanwhile has its turn.
  await new Promise((resolve) => setImmediate(resolve));
  if (host.signal.aborted) throw new InterruptedError();
  if (candidates === undefined) {
    host.stderr.write("qtune: predicted from arithmetic: the disk is larger than the model of QEMU's driver can map\n");
    return arithmeticView(request);
  }
  return {
    prospect: { candidates, outlook: candidates.outlook },
    foresee: (asked, others, same) => {
      const found = rankedCandidates(asked, costs, seed, { ...foresight, others, ...(same ? { same } : {}) });
      return found && { candidates: found, outlook: found.outlook };
    },
  };
}
