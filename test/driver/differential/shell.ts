import {
  type BackingSpec,
  type Command,
  commandText,
  type DifferentialCase,
  type ImageSpec,
  isCommand,
} from './case.ts';

/** Names inside the directory of a case. */
export const imageName = 'image.qcow2';
export const dataName = 'data.raw';
export const logName = 'strace.log';
const traced = 'pread64,preadv,pwrite64,pwritev,fallocate,fdatasync,ftruncate,write';

export function backingName(depth: number, format: 'raw' | 'qcow2'): string {
  return `backing${depth}.${format}`;
}

/** Shell lines that make the image as it is before the measured run. They use `$QEMU`, the tools' directory with a slash, or nothing. */
export function prepareLines(tested: DifferentialCase): readonly string[] {
  const { image, steps } = tested;
  const lines = ['set -e', `rm -f ${imageName} ${dataName} backing*`];
  if (image.backing) lines.push(...backingLines(image.backing, 1));
  lines.push(`"$QEMU"qemu-img create -q -f qcow2 -o ${createOptions(image)} ${imageName} ${image.virtualBytes}`);
  let pending: Command[] = [];
  let snapshots = 0;
  const settle = (): void => {
    lines.push(...requestLines(imageName, 'qcow2', pending));
    pending = [];
  };
  for (const step of steps) {
    if (isCommand(step)) pending.push(step);
    else {
      settle();
      if (step.kind === 'snapshot') lines.push(`"$QEMU"qemu-img snapshot -c s${++snapshots} ${imageName}`);
    }
  }
  settle();
  return lines;
}

const slowCalls = {
  writes: 'pwrite64,pwritev:delay_enter=2000',
  reads: 'pread64,preadv:delay_enter=2000',
  zeroes: 'fallocate:delay_enter=2000',
  someWrites: 'pwrite64,pwritev:delay_enter=3000:when=1+2',
  otherWrites: 'pwrite64,pwritev:delay_enter=3000:when=2+2',
} as const;
/** System calls that strace makes slow, to see whether what QEMU does depends on which of two is done first. */
export type SlowCalls = keyof typeof slowCalls;

/**
 * Shell lines of the measured run: the host I/O of `qemu-io` is left in `strace.log`. strace answers each fdatasync itself, so
 * that the disk's speed does not matter.
 */
export function measuredLines(tested: DifferentialCase, slow?: SlowCalls): readonly string[] {
  const { drive, commands } = tested;
  const options = [
    'driver=qcow2',
    'file.driver=file',
    `file.filename=${imageName}`,
    'file.aio=threads',
    ...Object.entries(drive.options).map(([name, value]) => `${name}=${optionText(value)}`),
  ];
  const delay = slow === undefined ? '' : ` -e inject=${slowCalls[slow]}`;
  return [
    ...scriptLines('measured.cmd', commands),
    `strace --seccomp-bpf -f -y -s0 -e abbrev=none -e trace=${traced} -e inject=fdatasync:retval=0${delay} -o ${logName} "$QEMU"qemu-io -t ${drive.mode} -d ${
      drive.discard ? 'unmap' : 'ignore'
    } --image-opts ${options.join(',')} <measured.cmd >qemu-io.out`,
  ];
}

function backingLines(spec: BackingSpec, depth: number): string[] {
  const name = backingName(depth, spec.format);
  const lines = spec.backing ? backingLines(spec.backing, depth + 1) : [];
  const options = [`cluster_size=${spec.clusterBytes}`];
  if (spec.extendedL2) options.push('extended_l2=on');
  if (spec.backing) options.push(...backingOptions(spec.backing, depth + 1));
  const given = spec.format === 'qcow2' ? ` -o ${options.join(',')}` : '';
  lines.push(`"$QEMU"qemu-img create -q -f ${spec.format}${given} ${name} ${spec.virtualBytes}`);
  lines.push(...requestLines(name, spec.format, spec.commands));
  return lines;
}

function backingOptions(spec: BackingSpec, depth: number): string[] {
  return [`backing_file=${backingName(depth, spec.format)}`, `backing_fmt=${spec.format}`];
}

function createOptions(image: ImageSpec): string {
  const options = [`cluster_size=${image.clusterBytes}`, `compat=${image.version === 2 ? '0.10' : '1.1'}`];
  if (image.refcountBits !== 16) options.push(`refcount_bits=${image.refcountBits}`);
  if (image.extendedL2) options.push('extended_l2=on');
  if (image.lazyRefcounts) options.push('lazy_refcounts=on');
  if (image.preallocation !== 'off') options.push(`preallocation=${image.preallocation}`);
  if (image.dataFile !== 'none') options.push(`data_file=${dataName}`);
  if (image.dataFile === 'raw') options.push('data_file_raw=on');
  if (image.backing) options.push(...backingOptions(image.backing, 1));
  return options.join(',');
}

function requestLines(name: string, format: string, commands: readonly Command[]): string[] {
  if (commands.length === 0) return [];
  return [
    ...scriptLines('prepare.cmd', commands),
    `"$QEMU"qemu-io -t unsafe -f ${format} ${name} <prepare.cmd >qemu-io.out`,
  ];
}

/** qemu-io runs the lines of a regular file one by one; those of a pipe may wait for each other. */
function scriptLines(name: string, commands: readonly Command[]): string[] {
  return [`cat >${name} <<'END'`, ...commands.map(commandText), 'END'];
}

function optionText(value: number | boolean | string): string {
  return typeof value === 'boolean' ? (value ? 'on' : 'off') : String(value);
}
