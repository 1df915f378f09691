import { defaultProfile } from '../../driver/cost/shipped/index.ts';
import type { SimulatedEngineOptions } from '../../engine/simulated/simulated-engine.ts';
import type { Host } from '../host.ts';

/** The costs that predictions are made from: those that ship, until this machine was calibrated. */
export function costProfiles(_host: Host): SimulatedEngineOptions['costsFor'] {
  return async () => ({ profile: defaultProfile });
}
