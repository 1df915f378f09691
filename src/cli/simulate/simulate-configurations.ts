import { resolve } from 'node:path';
import { cloneImage } from '../../driver/clone-image.ts';
import { cacheFamilyOf } from '../../driver/cost/cost-profile.ts';
import { commonHost, type ModelHost } from '../../driver/driver-options.ts';
import type { HostIoSink } from '../../driver/host-io.ts';
import type { ImageState } from '../../driver/image-state.ts';
import { loadImage } from '../../driver/load-image.ts';
import { prepareImage } from '../../driver/prepare-image.ts';
import { surveyRequests, UnrunnableRequest } from '../../engine/request-survey.ts';
import { simulate } from '../../engine/simulated/simulation.ts';
import { UsageError } from '../../errors.ts';
import {
  buildSimulationReport,
  type SimulationReport,
  type SimulationRow,
  type SimulationSubject,
  simulationRow,
} from '../../report/simulation.ts';
import { cacheModeOf } from '../../settings/cache-mode.ts';
import type { Configuration } from '../../settings/configuration.ts';
import { measuringCacheMode } from '../../settings/drive-rules.ts';
import { validateConfiguration } from '../../settings/validate.ts';
import type { Warning } from '../../warnings.ts';
import { resolveWorkload } from '../../workload/resolve-workload.ts';
import type { Workload } from '../../workload/workload.ts';
import type { Host } from '../host.ts';
import { withIoLog } from '../io-log-file.ts';
import { Progress } from '../progress.ts';
import { readProfile } from '../read-profile.ts';
import { costProfiles } from '../run/cost-profiles.ts';
import { checkTraceOptions } from '../trace-options.ts';
import type { SimulationSettings } from './settings.ts';

/**
 * Runs the requests through the model once for each configuration.
 * @throws UsageError for settings and names, InputError for a request that is wrong, with its line; ImageFormatError for a
 *   damaged image
 */
export async function simulateConfigurations(settings: SimulationSettings, host: Host): Promise<SimulationReport> {
  const modelled: ModelHost = { ...commonHost, ...(settings.qemu === undefined ? {} : { qemu: settings.qemu }) };
  const loaded = settings.image === undefined ? undefined : load(settings.image, host);
  const workload = await loadWorkload(settings, loaded?.image.virtualBytes, host);
  const images = imageSource(settings, workload, loaded?.image, modelled);
  // Whatever settings are wrong is said before the first run.
  for (const configuration of settings.configurations) images.check(configuration);
  const { costs, warnings: costWarnings } = await chooseCosts(settings.configurations, host);
  const subject: SimulationSubject = {
    virtualBytes: loaded?.image.virtualBytes ?? workload.diskBytes,
    image: settings.image ?? null,
    content: loaded === undefined ? workload.image.content : null,
    backing: loaded === undefined ? backingName(workload) : (loaded.image.backing?.format ?? 'none'),
    host: modelled,
    requests: { name: workload.name, summary: survey(workload) },
    costs: firstOf(costs).profile,
  };
  const run = async (configuration: Configuration, index: number, log?: HostIoSink): Promise<SimulationRow> => {
    const progress = new Progress(host);
    try {
      const simulation = await simulate({
        image: images.make(configuration),
        drive: configuration.drive,
        host: modelled,
        workload,
        costs: firstOf(costs.slice(index)).profile,
        signal: host.signal,
        onProgress: (count) => progress.update(count / workload.requestCount, configuration.label),
        ...(log === undefined ? {} : { log }),
      });
      return simulationRow(configuration, simulation, subject);
    } finally {
      progress.done();
    }
  };
  const rows: SimulationRow[] = [];
  for (const [index, configuration] of settings.configurations.entries()) {
    rows.push(
      settings.ioLog === undefined
        ? await run(configuration, index)
        : await withIoLog(host.cwd, settings.ioLog, (log) => run(configuration, index, log)),
    );
  }
  const warnings = [
    ...(loaded?.warnings ?? []),
    ...(workload.warnings ?? []),
    ...costWarnings,
    ...settings.configurations.flatMap(withoutEffect),
  ];
  return buildSimulationReport(subject, rows, warnings);
}

function load(name: string, host: Host): { readonly image: ImageState; readonly warnings: readonly Warning[] } {
  return loadImage(resolve(host.cwd, name), { followBacking: true, cwd: host.cwd });
}

/** The requests, on the disk that is meant. */
async function loadWorkload(
  settings: SimulationSettings,
  imageBytes: number | undefined,
  host: Host,
): Promise<Workload> {
  const diskBytes = imageBytes ?? settings.diskBytes;
  const profile = await readProfile(settings.requests, diskBytes, settings.trace, host);
  checkTraceOptions(settings.trace, profile.kind === 'recorded');
  const workload = resolveWorkload(profile, diskBytes === undefined ? {} : { diskBytes });
  const { content = workload.image.content, backing = workload.image.backing } = settings;
  return { ...workload, image: { ...workload.image, content, backing } };
}

/** Where the image of each run comes from. */
interface ImageSource {
  /** @throws UsageError for settings that cannot be had */
  check(configuration: Configuration): void;
  make(configuration: Configuration): ImageState;
}

function imageSource(
  settings: SimulationSettings,
  workload: Workload,
  loaded: ImageState | undefined,
  host: ModelHost,
): ImageSource {
  if (loaded !== undefined) {
    const context = { diskBytes: loaded.virtualBytes, hasBacking: loaded.backing !== undefined, qemu: host.qemu };
    return {
      check: ({ label, drive }) => validateConfiguration({ label, create: shapeOf(loaded), drive }, context),
      make: () => (settings.configurations.length === 1 ? loaded : cloneImage(loaded)),
    };
  }
  const { content, backing } = workload.image;
  const { diskBytes } = workload;
  return {
    check: (configuration) => {
      const create =
        content === 'mapped' ? { preallocation: 'metadata', ...configuration.create } : configuration.create;
      const context = { diskBytes, hasBacking: backing !== 'none', qemu: host.qemu };
      validateConfiguration({ ...configuration, create }, context);
    },
    make: (configuration) => prepareImage({ configuration, diskBytes, content, backing }, host),
  };
}

/** The create-time settings that run-time ones depend on. */
function shapeOf({ clusterBits, extendedL2, refcountBits, version }: ImageState): Configuration['create'] {
  return {
    cluster_size: 2 ** clusterBits,
    extended_l2: extendedL2,
    refcount_bits: refcountBits,
    compat: version === 2 ? '0.10' : '1.1',
  };
}

function backingName({ image: { backing } }: Workload): string {
  return backing === 'none' ? 'none' : `${backing.format}:${backing.content}`;
}

function survey(workload: Workload) {
  try {
    return surveyRequests(workload);
  } catch (error) {
    if (error instanceof UnrunnableRequest) throw new UsageError(`${workload.name}: ${error.message}`);
    throw error;
  }
}

type ChosenCosts = Awaited<ReturnType<ReturnType<typeof costProfiles>>>;

/** The costs of each configuration, in their order. */
async function chooseCosts(
  configurations: readonly Configuration[],
  host: Host,
): Promise<{ readonly costs: readonly ChosenCosts[]; readonly warnings: readonly Warning[] }> {
  const costsFor = costProfiles(host);
  const costs: ChosenCosts[] = [];
  for (const { drive } of configurations) {
    const family = cacheFamilyOf(cacheModeOf(drive) ?? measuringCacheMode);
    const aio = drive.aio === 'native' || drive.aio === 'threads' ? drive.aio : 'io_uring';
    costs.push(await costsFor(family, aio));
  }
  const warnings = costs.flatMap(({ warning }) => warning ?? []);
  return { costs, warnings: [...new Map(warnings.map((warning) => [warning.message, warning])).values()] };
}

function firstOf(costs: readonly ChosenCosts[]): ChosenCosts {
  const [first] = costs;
  if (first === undefined) throw new UsageError('-o and --drive make no configuration');
  return first;
}

/** Settings that are honoured by changing nothing, so that nobody looks for what they did. */
function withoutEffect({ label, drive }: Configuration): readonly Warning[] {
  const reasons: Readonly<Record<string, string>> = {
    'detect-zeroes': 'requests are taken to write data other than zero, as qemu-io does',
    'cache-clean-interval': 'its timer only runs beside a guest',
  };
  return Object.entries(reasons).flatMap(([name, reason]) =>
    drive[name] === undefined || drive[name] === 'off' || drive[name] === 0
      ? []
      : [{ code: 'without-effect', subject: label, message: `${name} changes nothing here: ${reason}` }],
  );
}
