import { commonHost } from '../../driver/driver-options.ts';
import { EnvironmentError } from '../../errors.ts';
import type { QemuVersion } from '../../settings/qemu-version.ts';
import type { Host } from '../host.ts';
import { fioEngine, type RunLoad } from './fio-engine.ts';
import { type EngineSettings, type FoundQemu, findQemu, type OpenEngine } from './open-engine.ts';
import { openSimulated } from './open-simulated.ts';
import type { RunSettings } from './settings.ts';

/** The engine of a run, before it is opened. */
export interface ChosenEngine {
  readonly name: 'qemu-io' | 'fio' | 'simulated';
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
 * The engine that a run asks for: `auto` measures with QEMU where it is found, one request at a time in qemu-io, and through
 * fio what asks for more; where there is no QEMU it predicts and says so.
 * @param load what the workloads ask of a load generator; absent where they ask for nothing
 * @throws EnvironmentError where QEMU or fio is asked for and missing; UsageError where QEMU is not in the named directory
 */
export async function chooseEngine(
  settings: Pick<RunSettings, 'engine' | 'modelledQemu' | 'cpus'>,
  qemuDirectory: string | undefined,
  host: Host,
  load?: RunLoad,
): Promise<ChosenEngine> {
  if (settings.engine === 'simulated') return simulatedEngine(settings.modelledQemu, host);
  let qemu: FoundQemu;
  try {
    qemu = await findQemu({ qemuDirectory, cpus: settings.cpus }, host);
  } catch (error) {
    if (settings.engine !== 'auto' || !(error instanceof EnvironmentError)) throw error;
    host.stderr.write(
      `qtune: nothing is measured: ${error.message}; the model of QEMU's driver predicts instead\n${error.hint === undefined ? '' : `  ${error.hint}\n`}`,
    );
    return simulatedEngine(settings.modelledQemu, host);
  }
  const { version, versionLine } = qemu;
  if (settings.engine === 'fio' || (settings.engine === 'auto' && load?.isNeeded === true)) {
    const makeEngine = await fioEngine(qemu, load, settings.engine === 'auto', host);
    return { name: 'fio', version, versionLine, open: (overrides) => qemu.open({ ...overrides, makeEngine }) };
  }
  return { name: 'qemu-io', version, versionLine, open: (overrides) => qemu.open(overrides) };
}
