import type { Lab } from '../../../src/advisor/explain/lab/lab.ts';
import { shippedProfile } from '../../../src/driver/cost/shipped/index.ts';
import { commonHost } from '../../../src/driver/driver-options.ts';
import { adviceRequest, tib } from '../requests.ts';

/** A disk of 1 TiB on the shipped NVMe device. */
export function testLab(changes: Parameters<typeof adviceRequest>[0] = {}): Lab {
  return {
    request: adviceRequest({ diskBytes: tib, ...changes }),
    basis: { profile: shippedProfile('nvme', 'direct'), host: commonHost },
    bufferedBasis: { profile: shippedProfile('nvme', 'buffered'), host: commonHost },
  };
}
