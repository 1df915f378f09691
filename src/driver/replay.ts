import { Operation, type RequestBlock } from '../workload/request.ts';
import type { Qcow2Driver } from './qcow2-driver.ts';

/** Hands the requests of a block to the driver, one after the other. */
export function replay(driver: Qcow2Driver, block: RequestBlock): void {
  for (let index = 0; index < block.count; index++) replayOne(driver, block, index);
}

/** Hands one request of a block to the driver. */
export function replayOne(driver: Qcow2Driver, block: RequestBlock, index: number): void {
  const offset = block.offsetBytes[index] as number;
  const length = block.lengthBytes[index] as number;
  switch (block.operation[index]) {
    case Operation.read:
      driver.read(offset, length);
      break;
    case Operation.write:
      driver.write(offset, length);
      break;
    case Operation.trim:
      driver.discard(offset, length);
      break;
    default:
      driver.flush();
  }
}
