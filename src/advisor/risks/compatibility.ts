import { definitionOf } from '../../settings/catalogue.ts';
import { formatQemuVersion, isAtLeast, type QemuVersion } from '../../settings/qemu-version.ts';
import { resolveCreate } from '../../settings/resolve.ts';
import type { RuleContext } from '../rule.ts';
import type { RiskRule } from './risk.ts';

/** A version of QEMU is named only where the one that runs the disk does not say that it is new enough. */
function needs(since: QemuVersion, { request }: RuleContext): string {
  const known = request.qemu !== undefined && isAtLeast(request.qemu, since);
  return known ? 'An older QEMU' : `QEMU before ${formatQemuVersion(since)}`;
}

/** A feature of the image that others have to know to open it. */
function feature(
  setting: string,
  source: string,
  has: (create: ReturnType<typeof resolveCreate>) => boolean,
  others: string,
  since = definitionOf('create', setting).since,
): RiskRule {
  return {
    kind: 'compatibility',
    settings: [setting],
    source,
    assess(context) {
      const [own, before] = [context.proposal, context.baseline].map(({ settings }) =>
        has(resolveCreate(settings.create)),
      );
      if (own !== true || before === true) return undefined;
      return { effect: 'worse', because: `${needs(since, context)} refuses the image, ${others}` };
    },
  };
}

/** A run-time option that an older QEMU does not know: it refuses to start, the image stays as it is. */
function runTime(setting: string, value: string | boolean, since: QemuVersion, source: string, more = ''): RiskRule {
  return {
    kind: 'compatibility',
    settings: [setting],
    source,
    assess(context) {
      const { proposal, baseline } = context;
      if (proposal.settings.drive[setting] !== value || baseline.settings.drive[setting] === value) return undefined;
      return {
        effect: 'worse',
        because: `${needs(since, context)} does not know it and does not start the guest; the image is any QEMU's.${more}`,
      };
    },
  };
}

const format = 'QEMU docs/interop/qcow2.txt, "Header", incompatible features';

/** Features that others may not read. */
export const compatibility: readonly RiskRule[] = [
  feature(
    'extended_l2',
    `${format}; cloud-hypervisor issue 5610`,
    ({ extendedL2 }) => extendedL2,
    'and so do readers of qcow2 that do not know subclusters, cloud-hypervisor among them.',
  ),
  feature(
    'compression_type',
    format,
    ({ compressionType }) => compressionType === 'zstd',
    'even before anything in it is compressed, and so do readers without zstd.',
  ),
  feature(
    'data_file',
    format,
    ({ dataFile }) => dataFile !== undefined,
    'and whoever copies it has to copy the data file with it.',
  ),
  feature(
    'refcount_bits',
    'QEMU docs/interop/qcow2.txt, refcount_order',
    ({ refcountBits }) => refcountBits !== 16,
    'and so may other readers, which count in 16 bits.',
  ),
  {
    kind: 'compatibility',
    settings: ['cluster_size'],
    source: 'xapi-project sm, qcow2 support of XCP-ng 8.3: "Only default cluster size of 64K is supported"',
    assess({ proposal, baseline }) {
      const [own, before] = [proposal.geometry.clusterBytes, baseline.geometry.clusterBytes];
      if (own === 65_536 || own === before) return undefined;
      return { effect: 'worse', because: 'Every QEMU reads it; XCP-ng imports clusters of 64K only.' };
    },
  },
  runTime('discard-no-unref', true, { major: 8, minor: 1 }, 'QEMU qapi/block-core.json, BlockdevOptionsQcow2'),
  runTime(
    'aio',
    'io_uring',
    { major: 5, minor: 0 },
    'QEMU qapi/block-core.json, BlockdevAioOptions',
    ' The host kernel has to be 5.1 or later and to allow io_uring, which many containers do not.',
  ),
];
