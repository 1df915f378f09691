import { formatBytes } from '../../units/bytes.ts';
import type { Rule } from '../rule.ts';
import { cannotSay, isGiven } from './situation.ts';

/** Metadata written in advance: first writes then change no table, which shows where the guest flushes often. */
export const preallocationRule: Rule = {
  id: 'preallocation',
  setting: 'preallocation',
  explain({ request, proposal }) {
    const source =
      'QEMU block/qcow2.c, preallocate_co; host I/O of a small write: tables and two flushes instead of one';
    if (proposal.settings.create.preallocation === 'metadata') {
      return {
        setting: 'preallocation',
        because:
          request.traits.syncsPerWrite > 0
            ? 'This workload flushes often, and a flush after a first write has to write a refcount block and an L2 table; with the metadata in place it has not.'
            : `Every cluster has its place from the start, so a first write takes what it writes and not ${formatBytes(proposal.geometry.clusterBytes)} of the host's disk.`,
        source,
        costs: `${formatBytes(proposal.metadataBytes)} at once, and a sparse file as long as the disk: the host's file system has to allow that, and tools that copy it have to keep the holes.`,
      };
    }
    // What of the image was allocated in advance its header does not say.
    if (isGiven(request)) return undefined;
    const unsaid = cannotSay(request, 'create', 'preallocation');
    if (unsaid !== undefined) return { setting: 'preallocation', because: `Left to the platform. ${unsaid}`, source };
    if (request.traits.readRatio === 1) {
      return { setting: 'preallocation', because: 'Left off: this workload writes nothing.', source };
    }
    if (request.hasBacking) {
      return {
        setting: 'preallocation',
        because:
          'Left off: with a backing file QEMU allows it only together with extended_l2, and first writes still copy.',
        source: 'QEMU block/qcow2.c, qcow2_co_create',
      };
    }
    return {
      setting: 'preallocation',
      because:
        'Left off: the gain on first writes is too small for this workload to give up a file that grows with its data.',
      source,
    };
  },
};
