import type { AdviceRequest, ExistingImage } from '../../advisor/advice-request.ts';
import { traitsOfCounts } from '../../advisor/observed-traits.ts';
import type { WorkloadTraits } from '../../advisor/workload-traits.ts';
import type { RunningDisk } from '../../engine/qmp/running-disk.ts';
import { visibleText } from '../../engine/visible-text.ts';
import { UsageError } from '../../errors.ts';
import type { QemuVersion } from '../../settings/qemu-version.ts';
import type { Host } from '../host.ts';

/** What a running QEMU tells of a disk, as far as a recommendation depends on it. */
export interface RunningFacts extends Required<Pick<AdviceRequest, 'diskBytes' | 'hasBacking' | 'qemu'>> {
  readonly image: ExistingImage;
  /** By the guest's requests so far; absent where they are too few to say anything, or nobody counts them. */
  readonly observed?: WorkloadTraits;
}

const elsewhere = ['disk', 'image', 'backing', 'file', 'qemu-version', 'target'] as const;

/** The facts of one disk. @param socket of its QEMU, as the user named it @throws UsageError where it is empty or QEMU says nothing of its format */
export function factsOfDisk({ node, device, backing }: RunningDisk, qemu: QemuVersion, socket: string): RunningFacts {
  const shown = visibleText(node.name);
  if (node.create === undefined) throw new UsageError(`--qmp: QEMU does not tell how the image of ${shown} was made`);
  if (node.virtualBytes === 0) throw new UsageError(`--qmp: the disk of ${shown} is empty`);
  const [file, below] = [node.children.get('file'), node.children.get('backing')];
  const observed = device?.counts && traitsOfCounts(device.counts);
  return {
    diskBytes: node.virtualBytes,
    hasBacking: backing.length > 0,
    qemu,
    image: {
      create: node.create,
      fileName: visibleText(node.fileName).replace(/[\n\t]/g, ' '),
      ...(node.allocatedBytes === undefined ? {} : { allocatedBytes: node.allocatedBytes }),
      hasSnapshots: node.hasSnapshots,
      ...(file === undefined
        ? {}
        : { running: { socket, disk: node.name, file, ...(below ? { backing: below } : {}) } }),
    },
    ...(observed === undefined ? {} : { observed }),
  };
}

/**
 * The facts for `recommend --qmp`: of the one disk that is meant.
 * @throws UsageError for options that the running disk answers itself and where several disks are meant; else as `withRunning`
 */
export async function runningFacts(args: Readonly<Record<string, unknown>>, host: Host): Promise<RunningFacts> {
  const { qmp, node } = args;
  const { runningChoice, withRunning } = await import('../apply/running.ts');
  // `--device` is that of a trace here.
  const choice = runningChoice({ qmp, node });
  if (choice === undefined) throw new UsageError('--node is for a running QEMU', { hint: 'Add --qmp SOCKET.' });
  const given = elsewhere.find((name) => args[name] !== undefined);
  if (given !== undefined) throw new UsageError(`--${given} does not go with --qmp: the running disk says it itself`);
  return withRunning(choice, host, async ({ disks, connection }) => {
    const [disk, ...others] = disks;
    if (disk === undefined || others.length > 0) {
      throw new UsageError('--node: a recommendation is for one disk', { hint: 'Name one of them.' });
    }
    return factsOfDisk(disk, connection.version, choice.socket);
  });
}
