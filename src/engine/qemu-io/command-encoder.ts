import { writeDigits } from '../../units/decimal-digits.ts';
import { Operation } from '../../workload/request.ts';

/** Room for the longest command. */
export const commandBytes = 64;

const readCommand = Buffer.from('read -C ');
const writeCommand = Buffer.from('write -C ');
const trimCommand = Buffer.from('discard -C ');
/**
 * A write of no bytes with forced unit access: QEMU's block layer turns it into the very flush that `flush` asks for,
 * and unlike `flush`, which prints nothing, it is timed and its failure is reported.
 * @source QEMU block/io.c, bdrv_driver_pwritev: emulated FUA; host I/O equal to `flush` in 7.2, 10.0 and 11.1 under strace
 */
const timedSync = Buffer.from('write -C -f 0 0\n');
/** Where `hasSilentSyncs` says so. */
const silentSync = Buffer.from('flush\n');

/**
 * Writes one request as a command line for qemu-io, without building a string.
 * @param operation one of {@link Operation}
 * @param at where it goes; there must be room for {@link commandBytes}
 * @returns the place behind it
 */
export function encodeCommand(
  buffer: Buffer,
  at: number,
  operation: number,
  offsetBytes: number,
  lengthBytes: number,
  silentSyncs: boolean,
): number {
  if (operation === Operation.sync) return at + (silentSyncs ? silentSync : timedSync).copy(buffer, at);
  const command =
    operation === Operation.read ? readCommand : operation === Operation.write ? writeCommand : trimCommand;
  let end = at;
  for (let index = 0; index < command.length; index++) buffer[end++] = command[index] ?? 0;
  end = writeDigits(buffer, end, offsetBytes);
  buffer[end++] = 0x20;
  end = writeDigits(buffer, end, lengthBytes);
  buffer[end++] = 0x0a;
  return end;
}
