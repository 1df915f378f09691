import type { CacheFamily, CostProfile } from '../cost-profile.ts';
import { deviceProfile } from './device-profile.ts';
import { hardDisk } from './hard-disk.ts';
import { networkStorage } from './network-storage.ts';
import { nvme } from './nvme.ts';
import { sataSsd } from './sata-ssd.ts';

const devices = { nvme, 'sata-ssd': sataSsd, 'hard-disk': hardDisk, 'network-storage': networkStorage } as const;

/** Classes of device that a profile ships for, for machines that were not calibrated. */
export type ShippedDevice = keyof typeof devices;
export const shippedDevices = Object.keys(devices) as readonly ShippedDevice[];

/** The profile of a class of device, its spread that between devices of the class. */
export function shippedProfile(device: ShippedDevice, cache: CacheFamily): CostProfile {
  return deviceProfile(devices[device], cache);
}

/** Every profile that ships with qtune. */
export const shippedProfiles: readonly CostProfile[] = shippedDevices.flatMap((device) =>
  (['direct', 'buffered'] as const).map((cache) => shippedProfile(device, cache)),
);

/** The one that is used where nothing is known. */
