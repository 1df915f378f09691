import type { EngineJob } from '../engine.ts';
import { type EffectiveModes, imageGraph } from '../qemu-io/block-node.ts';
import type { ImageFiles } from '../qemu-io/image-files.ts';
import type { Export, ExportKind } from '../storage-daemon/export.ts';

/** A trial's image as the daemon serves it: the drive of the configuration, with an export in the place of a device. */
export function imageExport(options: {
  readonly name: string;
  readonly kind: ExportKind;
  readonly files: ImageFiles;
  readonly job: Pick<EngineJob, 'configuration' | 'workload'>;
  readonly modes: EffectiveModes;
}): Export {
  const { name, kind, files, job, modes } = options;
  const directory = files.directory.replace(/^.*\//, '');
  return {
    name,
    kind,
    graph: imageGraph(files, job.configuration, modes, `${directory}/`),
    writable: job.workload.image.state !== 'shared',
    writethrough: modes.cache === 'writethrough' || modes.cache === 'directsync',
  };
}
