import { calibrate, defaultRounds } from '../../engine/calibration/calibrate.ts';
import { probeFileSystem } from '../../engine/file-system.ts';
import { probeHostDefaults } from '../../engine/qemu-io/host-probe.ts';
import { Scratch } from '../../engine/scratch.ts';
import { findQemuTools } from '../../engine/tools.ts';
import { calibrationDocument, renderCalibration } from '../../report/calibration.ts';
import { saveCostProfile } from '../cost-profile-store.ts';
import type { Host } from '../host.ts';
import { printJson } from '../print-json.ts';
import { Progress } from '../progress.ts';

export interface CalibrateSettings {
  readonly json: boolean;
  readonly qemuDirectory: string | undefined;
  /** More is slower and steadier; the usual number where undefined. */
  readonly rounds: number | undefined;
}

/**
 * Measures this machine's costs on the file system of the scratch directory, keeps them in the user's state directory and prints them.
 * @throws EnvironmentError, EngineError, InterruptedError; nothing is kept then
 */
export async function calibrateHost(settings: CalibrateSettings, host: Host): Promise<void> {
  const tools = await findQemuTools({
    ...(settings.qemuDirectory === undefined ? {} : { directory: settings.qemuDirectory }),
    cwd: host.cwd,
    env: host.env,
    signal: host.signal,
  });
  const scratch = Scratch.create({ env: host.env, pid: host.pid });
  const progress = new Progress(host);
  const rounds = settings.rounds ?? defaultRounds;
  try {
    const profiles = await calibrate({
      tools,
      scratch,
      fileSystem: await probeFileSystem(scratch.directory, host.env),
      defaults: await probeHostDefaults(tools, scratch, host.signal),
      measuredAt: new Date(host.now()).toISOString(),
      signal: host.signal,
      rounds,
      onProgress: (done, text) => progress.update(done, `calibrating: ${text}`),
    });
    progress.done();
    const stored = profiles.map((profile) => ({ profile, file: saveCostProfile(host, profile) }));
    const report = { rounds, profiles: stored };
    if (settings.json) printJson(host, calibrationDocument(report));
    else host.stdout.write(renderCalibration(report));
  } finally {
    progress.done();
    scratch.close();
  }
}
