import { commonHost, driverOptions } from '../../src/driver/driver-options.ts';
import type { HostIoSink } from '../../src/driver/host-io.ts';
import { prepareImage } from '../../src/driver/prepare-image.ts';
import { Qcow2Driver } from '../../src/driver/qcow2-driver.ts';
import { replayOne } from '../../src/driver/replay.ts';
import type { Configuration } from '../../src/settings/configuration.ts';
import type { Workload } from '../../src/workload/workload.ts';

/** Signatures with fewer requests are no class. */
const fewest = 20;

/**
 * By request, what the driver did for it as a small number: operation, order of magnitude of the length, and each host I/O
 * by kind and state of the file there. Rare ones are 0. Other than in the engine, requests that wait for a disk have classes too.
 */
export function requestSignatures(configuration: Configuration, workload: Workload): Uint8Array {
  const { content, backing } = workload.image;
  const image = prepareImage({ configuration, diskBytes: workload.diskBytes, content, backing }, commonHost);
  const sink = new Signature();
  const driver = new Qcow2Driver(image, driverOptions(image, configuration.drive, commonHost), sink);
  const list: number[] = [];
  for (const block of workload.requests()) {
    for (let index = 0; index < block.count; index++) {
      sink.value = 64 * (block.operation[index] ?? 0) + Math.ceil(Math.log2((block.lengthBytes[index] ?? 0) + 1));
      replayOne(driver, block, index);
      list.push(sink.value);
    }
  }
  const counts = new Map<number, number>();
  for (const signature of list.slice(workload.warmUpCount)) counts.set(signature, (counts.get(signature) ?? 0) + 1);
  const frequent = [...counts].filter(([, count]) => count >= fewest).sort((left, right) => right[1] - left[1]);
  const numbers = new Map(frequent.slice(0, 255).map(([signature], index) => [signature, index + 1]));
  return Uint8Array.from(list, (signature) => numbers.get(signature) ?? 0);
}

/** Folds the host I/O of one request into 32 bits. */
class Signature implements HostIoSink {
  value = 0;

  io(op: number, file: number, _offset: number, _length: number, purpose: number, state: number): void {
    const kind = ((op * 4 + file) * 16 + purpose) * 4 + state;
    const product = Math.imul(this.value ^ (kind + 0x9e3779b9), 0x01000193);
    this.value = (product ^ (product >>> 15)) >>> 0;
  }
}
