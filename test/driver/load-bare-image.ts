import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { type LoadedImage, loadImage } from '../../src/driver/load-image.ts';
import { ImageFormatError } from '../../src/errors.ts';
import type { BareImage } from '../qcow2/bare-image.ts';

/** Where images of this test file are saved. */
export const home = mkdtempSync(join(tmpdir(), 'qtune-load-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

let count = 0;

/** The name that the next image gets. */
export function nextName(): string {
  return `image-${count}.qcow2`;
}

/** Saves an image and loads it. */
export function load(image: BareImage, followBacking = false): LoadedImage {
  const name = nextName();
  count++;
  image.save(join(home, name));
  return loadImage(name, { followBacking, cwd: home });
}

/** The message without the file's name, or `loaded`. */
export function refusal(image: BareImage): string {
  try {
    load(image);
  } catch (error) {
    if (!(error instanceof ImageFormatError)) throw error;
    return error.message.replace(/^image-\d+\.qcow2: /, '').replace(/^the image is damaged: /, '');
  }
  return 'loaded';
}
