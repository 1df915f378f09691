import { commonHost } from '../../driver/driver-options.ts';
import { EnvironmentError } from '../../errors.ts';
import type { QemuVersion } from '../../settings/qemu-version.ts';
import type { Host } from '../host.ts';
import { type EngineSettings, findQemu, type OpenEngine } from './open-engine.ts';
import { openSimulated } from './open-simulated.ts';
import type { RunSettings } from './settings.ts';

/** The engine of a run, before it is opened. */
export interface ChosenEngine {
  readonly name: 'qemu-io' | 'simulated';
  /** The QEMU that settings are checked against. */
  readonly version: QemuVersion;
  /** First line of `qemu-img --version`; absent where nothing is measured. */
  readonly versionLine?: string;
  /** @param overrides other processors than the settings say */
  open(overrides?: Pick<EngineSettings, 'cpus'>): Promise<OpenEngine>;
}

/** The model of QEMU's driver as an engine. @param version the QEMU that is modelled; 10.0 where absent */
export function simulatedEngine(version: QemuVersion | undefined, host: Host): ChosenEngine {
  return {
    name: 'simulated',
    version: version ?? commonHost.qemu,
    open: async () => openSimulated(version, host),
  };
}

/**
 * The engine that a run asks for: `auto` measures with QEMU where it is found, and predicts where it is not and says so.
 * @throws EnvironmentError where QEMU is asked for and there is none; UsageError where it is not in the named directory
 */
export async function chooseEngine(
  settings: Pick<RunSettings, 'engine' | 'modelledQemu' | 'cpus'>,
  qemuDirectory: string | undefined,
  host: Host,
): Promise<ChosenEngine> {
  if (settings.engine === 'simulated') return simulatedEngine(settings.modelledQemu, host);
  try {
    const qemu = await findQemu({ qemuDirectory, cpus: settings.cpus }, host);
    const { version, versionLine } = qemu;
    return { name: 'qemu-io', version, versionLine, open: (overrides) => qemu.open(overrides) };
  } catch (error) {
    if (settings.engine === 'qemu-io' || !(error instanceof EnvironmentError)) throw error;
    host.stderr.write(
      `qtune: nothing is measured: ${error.message}; the model of QEMU's driver predicts instead\n${error.hint === undefined ? '' : `  ${error.hint}\n`}`,
    );
    return simulatedEngine(settings.modelledQemu, host);
  }
}
