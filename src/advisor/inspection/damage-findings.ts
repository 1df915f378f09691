import type { Damage, DamageKind } from '../../qcow2/inspect/damage-list.ts';
import type { ImageCensus } from '../../qcow2/inspect/inspect-image.ts';
import { formatBytes } from '../../units/bytes.ts';
import type { Finding } from './finding.ts';

const check = 'QEMU block/qcow2-refcount.c, qcow2_check_refcounts';
const repair = 'Copy the image away first, then `qemu-img check -r all` on a copy shows what can be saved.';

/** What each kind of damage is called, for one and for several, and what follows from it. */
const kinds: Readonly<Record<DamageKind, readonly [one: string, several: string, meaning: string]>> = {
  'l1-entry': ['L1 entry is', 'L1 entries are', 'The guest cannot read the part of the disk that the entry maps.'],
  'l2-entry': ['L2 entry is', 'L2 entries are', 'The guest gets an error or wrong data where it reads there.'],
  'refcount-entry': [
    'entry of the refcount table is',
    'entries of the refcount table are',
    'QEMU does not know which clusters are in use, and stops at the next write that allocates there.',
  ],
  'snapshot-table': ['snapshot table is', 'snapshot tables are', 'Internal snapshots cannot be used.'],
  bitmaps: ['bitmap directory is', 'bitmap directories are', 'Incremental backups have to start with a full one.'],
  'refcount-too-low': [
    'cluster has a refcount that is',
    'clusters have refcounts that are',
    'QEMU may give the cluster to other data while it is in use: the guest loses data then.',
  ],
  'copied-flag': [
    'mapping has a COPIED flag that is',
    'mappings have COPIED flags that are',
    'A write may go into a cluster that a snapshot shares, or copy one that needs no copy.',
  ],
  leak: ['cluster is', 'clusters are', ''],
};

/**
 * Damage as findings.
 * @param changing the file was written to meanwhile: what does not fit together may only be half written
 */
export function damageFindings(census: ImageCensus, changing: boolean): readonly Finding[] {
  return census.damage.map((damage) =>
    damage.kind === 'leak' ? leak(damage, census) : damageFinding(damage, changing),
  );
}

function damageFinding({ kind, count, example }: Damage, changing: boolean): Finding {
  const [one, several, meaning] = kinds[kind];
  return {
    severity: changing ? 'warning' : 'error',
    code: `damaged-${kind}`,
    message: `${count} ${count === 1 ? one : several} wrong: ${example}.`,
    meaning: changing ? 'The file was written to while it was read: this may be a write half done.' : meaning,
    remedy: changing ? 'Stop the guest, or take a copy, and look again.' : repair,
    source: check,
  };
}

function leak({ count, example }: Damage, { header }: ImageCensus): Finding {
  return {
    severity: 'warning',
    code: 'leaked-clusters',
    message: `${count} ${count === 1 ? 'cluster is' : 'clusters are'} counted as used, but nothing refers to ${count === 1 ? 'it' : 'them'} (${formatBytes(count * header.clusterBytes)}): ${example}.`,
    meaning:
      'Space in the file is lost; data is not at risk. QEMU leaves that behind when it is killed; under a running guest it may only not be written yet.',
    remedy: '`qemu-img check -r leaks` gives it back, while no guest uses the image.',
    source: check,
  };
}
