import { Operation } from '../request.ts';

/** SCSI's commands with data on the medium, by operation code. @source SBC-4, section 5 */
export const scsiOperations: ReadonlyMap<number, Operation> = new Map([
  [0x08, Operation.read],
  [0x28, Operation.read],
  [0x88, Operation.read],
  [0xa8, Operation.read],
  [0x0a, Operation.write],
  [0x2a, Operation.write],
  [0x8a, Operation.write],
  [0xaa, Operation.write],
  // WRITE AND VERIFY
  [0x2e, Operation.write],
  [0x8e, Operation.write],
  [0xae, Operation.write],
  // SYNCHRONIZE CACHE
  [0x35, Operation.sync],
  [0x91, Operation.sync],
]);
