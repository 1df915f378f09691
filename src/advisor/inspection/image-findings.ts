import { computeGeometry } from '../../qcow2/geometry.ts';
import type { ImageHeader } from '../../qcow2/header.ts';
import type { ImageCensus } from '../../qcow2/inspect/inspect-image.ts';
import { formatBytes } from '../../units/bytes.ts';
import { formatRatio } from '../../units/rate.ts';
import { cacheFindings } from './cache-findings.ts';
import { damageFindings } from './damage-findings.ts';
import { type Finding, sortFindings } from './finding.ts';
import { headerFindings } from './header-findings.ts';

/** What the file system says of an image's file. */
export interface ImageFileFacts {
  readonly fileBytes: number;
  readonly allocatedBytes: number;
  /** It was written to while it was read. */
  readonly changed: boolean;
}

/** From this share on, and from so many clusters, an image counts as fragmented. */
const fragmentedRatio = 0.3;
const fragmentedLeastClusters = 256;
/** The host stores less than this share of what the image says is allocated: places without data. As QEMU tells it. */
const storedRatio = 0.9;

/** Everything worth saying of an image, the gravest first. */
export function imageFindings(census: ImageCensus, file: ImageFileFacts): readonly Finding[] {
  const { header } = census;
  return sortFindings([
    ...damageFindings(census, file.changed),
    ...headerFindings(header),
    ...cacheFindings({
      geometry: geometryOfHeader(header),
      drive: {},
      l2TableCount: census.l2TableCount,
      place: 'drive',
    }),
    ...unchecked(census),
    ...fragmentation(census),
    ...emptyPlaces(census, file),
    ...compressed(census),
  ]);
}

/** The shape that the header's numbers give. */
export function geometryOfHeader({ virtualBytes, clusterBytes, extendedL2, refcountBits }: ImageHeader) {
  return computeGeometry({ diskBytes: virtualBytes, clusterBytes, extendedL2, refcountBits });
}

function unchecked({ whyUnchecked, header }: ImageCensus): readonly Finding[] {
  if (whyUnchecked === undefined || header.dirty || header.unknownFeatures.length > 0) return [];
  return [
    {
      severity: 'note',
      code: 'references-unchecked',
      message: `Refcounts were not compared with what refers to each cluster: ${whyUnchecked}.`,
      meaning: 'Leaks and clusters that are used twice would not be seen.',
      remedy: '`qemu-img check` compares all of them.',
      source: 'qtune: memory for 134 million clusters',
    },
  ];
}

function fragmentation({
  allocated,
  compressed,
  fragmented,
  dataExtentCount,
  header,
}: ImageCensus): readonly Finding[] {
  const plain = allocated - compressed;
  const jumps = fragmented - compressed;
  if (plain < fragmentedLeastClusters || jumps / plain < fragmentedRatio) return [];
  return [
    {
      severity: 'note',
      code: 'fragmented',
      message: `${formatRatio(jumps / plain)} of the clusters do not follow the one before in the file; the data lies in ${dataExtentCount} pieces.`,
      meaning: `Reading the disk in sequence jumps in the file, which costs on rotating disks and for clusters of ${formatBytes(header.clusterBytes)} little elsewhere.`,
      remedy: 'Larger clusters fragment less; `qemu-img convert` writes the image anew in order.',
      source: 'QEMU docs/tools/qemu-img.rst, check: fragmented clusters',
    },
  ];
}

function emptyPlaces({ allocated, compressed, header }: ImageCensus, file: ImageFileFacts): readonly Finding[] {
  const placedBytes = (allocated - compressed) * header.clusterBytes;
  if (header.externalData || placedBytes === 0 || file.allocatedBytes >= placedBytes * storedRatio) return [];
  return [
    {
      severity: 'note',
      code: 'places-without-data',
      message: `Clusters of ${formatBytes(placedBytes)} have their place in the file, of which the host stores ${formatBytes(file.allocatedBytes)}.`,
      meaning:
        'The metadata was allocated in advance, or the guest discarded data in place: a first write there needs no new mapping, and the host may still run out of space.',
      remedy: '',
      source: 'QEMU block/qcow2-refcount.c, qcow2_detect_metadata_preallocation',
    },
  ];
}

function compressed({ compressed, allocated, header }: ImageCensus): readonly Finding[] {
  if (compressed === 0) return [];
  return [
    {
      severity: 'note',
      code: 'compressed',
      message: `${compressed} of ${allocated} allocated clusters are compressed (${header.compression}).`,
      meaning:
        'Every read of such a cluster, however small, reads and unpacks all of it again; a write to it makes a plain cluster.',
      remedy:
        'For a disk that is read often: `qemu-img convert -O qcow2` without -c. As a backing file for installing it is fine.',
      source: 'QEMU block/qcow2.c, qcow2_co_preadv_compressed',
    },
  ];
}
