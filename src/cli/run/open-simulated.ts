import { commonHost } from '../../driver/driver-options.ts';
import { createSimulatedEngine } from '../../engine/simulated/simulated-engine.ts';
import type { QemuVersion } from '../../settings/qemu-version.ts';
import { describeEnvironment } from '../../trial/environment.ts';
import type { Host } from '../host.ts';
import { qtuneVersion } from '../version.ts';
import { costProfiles } from './cost-profiles.ts';
import type { OpenEngine } from './open-engine.ts';

/** No images are made, so there is no file system to speak of. */
const noFileSystem = { type: 'none', mountOptions: '', freeBytes: 0 } as const;

/** The engine that predicts. @param qemu the version that is modelled; 10.0 where absent */
export function openSimulated(qemu: QemuVersion | undefined, host: Host): OpenEngine {
  const engine = createSimulatedEngine({
    host: { ...commonHost, ...(qemu === undefined ? {} : { qemu }) },
    costsFor: costProfiles(host),
    aio: 'io_uring',
  });
  return {
    engine,
    describe: async () => ({
      engine: await engine.describe(host.signal),
      environment: await describeEnvironment({
        qtuneVersion: qtuneVersion(),
        nodeVersion: host.nodeVersion,
        fileSystem: noFileSystem,
      }),
    }),
    close: () => engine.close(),
  };
}
