import { planFleet } from '../../fleet/plan.ts';
import { readFleet } from '../../fleet/read/read-fleet.ts';
import { buildFleetReport } from '../../report/fleet.ts';
import { isAtLeast } from '../../settings/qemu-version.ts';
import { flag, qemuVersionOption } from '../args.ts';
import { ExitCode } from '../exit-code.ts';
import type { Host } from '../host.ts';
import { printJson } from '../print-json.ts';
import { replaceFile, replaceFileInParts } from '../replace-file.ts';
import { tellWarnings } from '../tell-warnings.ts';
import { type FleetSettings, fleetSettings } from './fleet-options.ts';
import { fleetBytes } from './open-fleet.ts';
import { readCurves } from './read-curves.ts';

/** Extended L2 entries came with it. @source QEMU ChangeLog 5.2 */
const subclusterVersion = { major: 5, minor: 2 };

/** `qtune capacity FLEET`: the caches of many disks under one budget. */
export async function runFleet(args: Readonly<Record<string, unknown>>, host: Host, file: string): Promise<ExitCode> {
  const settings = fleetSettings(args, file);
  const qemu = qemuVersionOption(args);
  const curves = await readCurves(host, settings);
  const fleet = await readFleet(fleetBytes(host, file), curves, {
    file: file === '-' ? 'standard input' : file,
    skipCount: settings.skipCount,
    signal: host.signal,
  });
  const hasExtendedL2 = qemu === undefined || isAtLeast(qemu, subclusterVersion);
  const plan = planFleet(fleet, settings.budget, hasExtendedL2);
  const report = buildFleetReport(fleet, plan);
  await writeFiles(host, settings, report, async () => {
    const { diskList } = await import('../../report/fleet-disks.ts');
    return diskList(fleet, plan.split, settings.out?.format ?? 'csv');
  });
  if (flag(args, 'json')) {
    printJson(host, report);
  } else {
    const { renderFleet } = await import('../../report/fleet-text.ts');
    host.stdout.write(renderFleet(report));
    tellWarnings(host, report.warnings);
  }
  return ExitCode.ok;
}

async function writeFiles(
  host: Host,
  { out, html }: FleetSettings,
  report: ReturnType<typeof buildFleetReport>,
  disks: () => Promise<AsyncIterable<Buffer>>,
): Promise<void> {
  if (out !== undefined) await replaceFileInParts(host, 'out', out.path, await disks());
  if (html === undefined) return;
  const { renderFleetPage } = await import('../../report/html/fleet/page.ts');
  replaceFile(host, 'html', html, await renderFleetPage(report));
}
