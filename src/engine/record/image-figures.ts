import { EnvironmentError } from '../../errors.ts';
import { describeToolFailure, runTool, succeeded } from '../process.ts';
import type { QemuTools } from '../tools.ts';

/** What the image is like after the recording, by `qemu-img check`, `map` and `info`. */
export interface ImageFigures {
  /** Length of the file, and what it takes on the host's disk. */
  readonly fileBytes: number;
  readonly allocatedBytes: number;
  readonly clusterBytes: number;
  readonly totalClusterCount: number;
  readonly allocatedClusterCount: number;
  /** Clusters that do not lie behind the one before them on the disk. */
  readonly fragmentedClusterCount: number;
  readonly compressedClusterCount: number;
  /** Parts of the disk with data that lie in one piece in the file. */
  readonly dataExtentCount: number;
  /** Parts of the disk that are marked as zeroes, and their bytes. */
  readonly zeroBytes: number;
}

const timeLimitMs = 600_000;
/** A map of this length is not read to its end: about a million extents. */
const mapLimitBytes = 256 * 2 ** 20;

/** @throws EnvironmentError where QEMU finds the image damaged or cannot read it */
export async function readImageFigures(
  tools: QemuTools,
  directory: string,
  image: string,
  signal: AbortSignal,
): Promise<ImageFigures> {
  const ask = async (action: readonly string[], maxOutputBytes = 2 ** 20): Promise<unknown> => {
    const command = [tools.qemuImg, ...action, '--output=json', '-f', 'qcow2', image];
    const env = tools.env === undefined ? {} : { env: tools.env };
    const result = await runTool(command, { cwd: directory, signal, timeLimitMs, maxOutputBytes, ...env });
    if (!succeeded(result) || result.stdoutTruncated) {
      const why = result.stdoutTruncated ? 'it says too much' : describeToolFailure(result);
      throw new EnvironmentError(`qemu-img ${action[0]} of the recorded image: ${why}`);
    }
    return JSON.parse(result.stdout);
  };
  const info = await ask(['info']);
  const check = await ask(['check']);
  const map = await ask(['map'], mapLimitBytes);
  const extents = Array.isArray(map) ? map : [];
  const zero = (one: unknown): boolean => isTrue(one, 'zero') && isTrue(one, 'present');
  return {
    fileBytes: number(check, 'image-end-offset'),
    allocatedBytes: number(info, 'actual-size'),
    clusterBytes: number(info, 'cluster-size'),
    totalClusterCount: number(check, 'total-clusters'),
    allocatedClusterCount: number(check, 'allocated-clusters'),
    fragmentedClusterCount: number(check, 'fragmented-clusters'),
    compressedClusterCount: number(check, 'compressed-clusters'),
    dataExtentCount: extents.filter((one) => isTrue(one, 'data')).length,
    zeroBytes: extents.filter(zero).reduce((sum, one) => sum + number(one, 'length'), 0),
  };
}

function field(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[key] : undefined;
}

/** QEMU leaves counts out that are 0. */
function number(value: unknown, key: string): number {
  const found = field(value, key);
  return typeof found === 'number' ? found : 0;
}

function isTrue(value: unknown, key: string): boolean {
  return field(value, key) === true;
}
