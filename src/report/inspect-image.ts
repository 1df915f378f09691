import type { Finding } from '../advisor/inspection/finding.ts';
import type { Recommendation } from '../advisor/recommendation.ts';
import type { BareHeader } from '../qcow2/inspect/bare-header.ts';
import type { ImageCensus } from '../qcow2/inspect/inspect-image.ts';
import { recommendationDocument } from './recommendation-json.ts';

/** What is known of one image file. */
export interface InspectedImage {
  readonly name: string;
  /** Absent where the file could not be opened. */
  readonly fileBytes: number | undefined;
  readonly allocatedBytes: number | undefined;
  /** Absent where the image is damaged beyond its header, or is no qcow2 image. */
  readonly census?: ImageCensus;
  /** Where there is no census. */
  readonly bare?: BareHeader;
  /** Another format than qcow2, which the image above says. */
  readonly format?: string;
  readonly problems: readonly Finding[];
  readonly recommendation?: Recommendation;
  /** The images beneath, from the top down, where they were followed. */
  readonly chain?: readonly InspectedImage[];
}

/** One image as the contract has it; null for what the image does not say any more. */
export function imageDocument(image: InspectedImage) {
  return {
    kind: 'image',
    ...layerDocument(image),
    ...(image.chain === undefined ? {} : { chain: image.chain.map(layerDocument) }),
    recommendation: image.recommendation === undefined ? null : recommendationDocument(image.recommendation),
  } as const;
}

function layerDocument({ name, fileBytes, allocatedBytes, census, bare, format, problems }: InspectedImage) {
  const header = census?.header;
  return {
    file: name,
    format: census !== undefined || bare?.isQcow2 === true ? 'qcow2' : (format ?? null),
    version: header?.version ?? bare?.version ?? null,
    virtualBytes: header?.virtualBytes ?? bare?.virtualBytes ?? null,
    clusterBytes: header?.clusterBytes ?? bare?.clusterBytes ?? null,
    extendedL2: header?.extendedL2 ?? bare?.extendedL2 ?? null,
    refcountBits: header?.refcountBits ?? bare?.refcountBits ?? null,
    snapshotCount: header?.snapshotCount ?? bare?.snapshotCount ?? null,
    fileBytes: fileBytes ?? null,
    allocatedBytes: allocatedBytes ?? null,
    allocatedClusterCount: census?.allocated ?? null,
    compressedClusterCount: census?.compressed ?? null,
    fragmentedClusterCount: census?.fragmented ?? null,
    zeroClusterCount: census === undefined ? null : census.zeroPlain + census.zeroAllocated,
    l2TableCount: census?.l2TableCount ?? null,
    dataExtentCount: census?.dataExtentCount ?? null,
    lazyRefcounts: header?.lazyRefcounts ?? null,
    encryption: header?.encryption ?? null,
    backing: header === undefined || header.backingName === '' ? null : header.backingName,
    backingFormat: header?.extensions.backingFormat ?? null,
    dataFile: header?.extensions.dataFileName ?? null,
    referencesChecked: census?.referencesChecked ?? false,
    problems,
  };
}
