import type { CostProfile } from '../cost-profile.ts';
import { nvme } from './nvme.ts';

/** Profiles that ship with qtune, for machines that were not calibrated, by class of device. */
export const shippedProfiles: readonly CostProfile[] = [nvme];

/** The one that is used where nothing is known. */
export const defaultProfile = nvme;
