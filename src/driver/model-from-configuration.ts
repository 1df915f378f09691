import { commonHost, driverOptions, type ModelHost } from './driver-options.ts';
import type { HostIoSink } from './host-io.ts';
import { type PreparedImage, prepareImage } from './prepare-image.ts';
import { Qcow2Driver } from './qcow2-driver.ts';

/**
 * The driver as it is when the first guest request of a trial comes: the image is made as the configuration and the
 * preparation say, and opened with the configuration's drive options, caches empty.
 *
 * @param sink takes each host I/O from there on; what makes the image is left out
 * @throws UsageError for settings that QEMU refuses, and for those that the model does not know, by name
 */
export function modelFor(prepared: PreparedImage, sink: HostIoSink, host: ModelHost = commonHost): Qcow2Driver {
  const image = prepareImage(prepared, host);
  return new Qcow2Driver(image, driverOptions(image, prepared.configuration.drive, host), sink);
}
