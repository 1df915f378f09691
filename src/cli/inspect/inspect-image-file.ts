import { dirname, resolve } from 'node:path';
import type { AdviceRequest } from '../../advisor/advice-request.ts';
import { existingImage } from '../../advisor/existing-image.ts';
import { chainFinding } from '../../advisor/inspection/chain-finding.ts';
import { type Finding, sortFindings } from '../../advisor/inspection/finding.ts';
import { imageFindings } from '../../advisor/inspection/image-findings.ts';
import { type Recommendation, recommend } from '../../advisor/recommendation.ts';
import { findTraits } from '../../advisor/workload-traits.ts';
import { ImageFormatError, InterruptedError, QtuneError, UsageError } from '../../errors.ts';
import { ImageFile } from '../../qcow2/image-file.ts';
import { readBareHeader } from '../../qcow2/inspect/bare-header.ts';
import { type ImageCensus, inspectImage } from '../../qcow2/inspect/inspect-image.ts';
import type { InspectedImage } from '../../report/inspect-image.ts';
import type { Host } from '../host.ts';
import { Progress } from '../progress.ts';

/** Longest backing chain that is followed. QEMU has no limit; real chains are far shorter. */
const longestChain = 200;
/** Nothing is said of the progress before, milliseconds. */
const quietMs = 2000;
/** How often a signal has its turn, milliseconds. */
const turnMs = 50;

export interface ImageOptions {
  /** Look at the backing files too. */
  readonly chain: boolean;
  /** Work out a recommendation. */
  readonly recommend: boolean;
}

/**
 * Inspects one image, and those beneath it where asked to. Files are only read.
 * @throws InputError where there is no such file or it is no regular file @throws InterruptedError after a signal
 */
export async function inspectImageFile(name: string, options: ImageOptions, host: Host): Promise<InspectedImage> {
  const seen = new Set<string>();
  const progress = new Progress(host);
  try {
    return withChain(await inspectLayer(resolve(host.cwd, name), name, options, seen, new Steps(host, progress)));
  } finally {
    progress.done();
  }
}

/** The image with what its chain costs among the findings. */
function withChain(image: InspectedImage): InspectedImage {
  const { census, chain = [], problems } = image;
  if (census === undefined || chain.length === 0) return image;
  const headers = [census, ...chain.flatMap((layer) => layer.census ?? [])].map(({ header }) => header);
  return { ...image, problems: sortFindings([...problems, chainFinding(headers, chain.length + 1)]) };
}

async function inspectLayer(
  path: string,
  name: string,
  options: ImageOptions,
  seen: Set<string>,
  steps: Steps,
): Promise<InspectedImage> {
  const file = ImageFile.open(path, name);
  try {
    seen.add(file.identity);
    const facts = { name, fileBytes: file.lengthBytes, allocatedBytes: file.allocatedBytes };
    let census: ImageCensus;
    try {
      census = await steps.run(inspectImage(file), name);
    } catch (error) {
      if (!(error instanceof ImageFormatError)) throw error;
      return { ...facts, bare: readBareHeader(file), problems: [refusal(error, name)] };
    }
    const changed = file.hasChanged();
    const problems = imageFindings(census, { ...facts, changed });
    const recommendation = options.recommend ? recommendationFor(census, facts) : undefined;
    return {
      ...facts,
      census,
      problems,
      ...(recommendation === undefined ? {} : { recommendation }),
      ...(options.chain ? { chain: await backingLayers(path, census, options, seen, steps) } : {}),
    };
  } finally {
    file.close();
  }
}

function refusal(error: ImageFormatError, name: string): Finding {
  const message = error.message.startsWith(`${name}: `) ? error.message.slice(name.length + 2) : error.message;
  return {
    severity: 'error',
    code:
      message.startsWith('it is no qcow2 image') || message.startsWith('it is of qcow version')
        ? 'not-qcow2'
        : 'damaged-header',
    message: `${message.charAt(0).toUpperCase()}${message.slice(1)}.`,
    meaning: 'Nothing more can be told of it.',
    remedy: error.hint ?? '',
    source: 'QEMU docs/interop/qcow2.txt; block/qcow2.c, qcow2_do_open',
  };
}

/** Settings for the image as it is; undefined where none can be given, as for a disk without a byte. */
function recommendationFor(
  { header }: ImageCensus,
  file: { readonly name: string; readonly allocatedBytes: number },
): Recommendation | undefined {
  const traits = findTraits('general');
  if (traits === undefined || header.virtualBytes === 0) return undefined;
  const image = existingImage(header, { fileName: file.name, allocatedBytes: file.allocatedBytes });
  const request: AdviceRequest = {
    diskBytes: header.virtualBytes,
    traits,
    hasBacking: header.backingName !== '',
    priority: 'speed',
    image,
    fileName: file.name,
  };
  try {
    return recommend(request);
  } catch (error) {
    if (error instanceof UsageError) return undefined;
    throw error;
  }
}

/** The images beneath one, from the top down, as far as they can be followed. */
async function backingLayers(
  path: string,
  { header }: ImageCensus,
  options: ImageOptions,
  seen: Set<string>,
  steps: Steps,
): Promise<readonly InspectedImage[]> {
  const { backingName, extensions } = header;
  if (backingName === '') return [];
  const nothing = { name: backingName, fileBytes: undefined, allocatedBytes: undefined };
  const end = (why: string): readonly InspectedImage[] => [{ ...nothing, problems: [notFollowed(why)] }];
  if (/^[^:/]*:/.test(backingName)) return end('it is no plain file name');
  if (seen.size > longestChain) return end(`the chain is longer than ${longestChain} files`);
  const backingPath = resolve(dirname(path), backingName);
  try {
    const file = ImageFile.open(backingPath, backingName);
    const { identity, lengthBytes: fileBytes, allocatedBytes } = file;
    file.close();
    if (seen.has(identity)) return end('this file is in the chain already: it is its own backing file');
    if (extensions.backingFormat !== undefined && extensions.backingFormat !== 'qcow2') {
      return [{ name: backingName, fileBytes, allocatedBytes, format: extensions.backingFormat, problems: [] }];
    }
    const layer = await inspectLayer(backingPath, backingName, { ...options, recommend: false }, seen, steps);
    const { chain = [], ...own } = layer;
    return [own, ...chain];
  } catch (error) {
    if (!(error instanceof QtuneError)) throw error;
    return end(error.message.replace(`${backingName}: `, ''));
  }
}

function notFollowed(why: string): Finding {
  return {
    severity: 'error',
    code: 'backing-not-found',
    message: `The backing file was not read: ${why}.`,
    meaning: 'Without it the image cannot be used.',
    remedy: 'Put it in its place, or `qemu-img rebase -u` to where it is.',
    source: 'QEMU block.c, bdrv_open_backing_file',
  };
}

/** Runs an inspection step by step: shows how far it is, and lets signals through. */
class Steps {
  readonly #host: Host;
  readonly #progress: Progress;
  readonly #startedMs: number;

  constructor(host: Host, progress: Progress) {
    this.#host = host;
    this.#progress = progress;
    this.#startedMs = host.now();
  }

  async run<T>(steps: Generator<number, T>, name: string): Promise<T> {
    let lastMs = this.#host.now();
    for (;;) {
      const step = steps.next();
      if (step.done) return step.value;
      const now = this.#host.now();
      if (now - lastMs < turnMs) continue;
      lastMs = now;
      if (now - this.#startedMs > quietMs) this.#progress.update(step.value, `reading the tables of ${name}`);
      await new Promise((turn) => setImmediate(turn));
      if (this.#host.signal.aborted) throw new InterruptedError();
    }
  }
}
