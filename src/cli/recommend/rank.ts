import type { AdviceRequest } from '../../advisor/advice-request.ts';
import type { RankedCandidates } from '../../advisor/recommendation.ts';
import { InterruptedError } from '../../errors.ts';
import type { Host } from '../host.ts';

/**
 * The candidates by the model of QEMU's driver. That takes a second, so that the plain question is answered from arithmetic; and
 * so is the one for a disk that is too large for the model.
 */
export async function rankCandidates(
  request: AdviceRequest,
  seed: number,
  host: Host,
): Promise<RankedCandidates | undefined> {
  const { rankedCandidates } = await import('../../advisor/ranking/rank.ts');
  const { costProfiles } = await import('../run/cost-profiles.ts');
  const { profile, warning } = await costProfiles(host)('direct', 'io_uring');
  const costs = { profile, ...(warning === undefined ? {} : { warning: warning.message }) };
  const candidates = rankedCandidates(request, costs, seed);
  // A signal that came meanwhile has its turn.
  await new Promise((resolve) => setImmediate(resolve));
  if (host.signal.aborted) throw new InterruptedError();
  if (candidates === undefined) {
    host.stderr.write("qtune: predicted from arithmetic: the disk is larger than the model of QEMU's driver can map\n");
  }
  return candidates;
}
