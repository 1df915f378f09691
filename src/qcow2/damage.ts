import { ImageFormatError } from '../errors.ts';
import type { ImageSource } from './image-source.ts';

/** Names that a file gives are cut to this length in messages. */
const longestName = 160;

/** An error that names the image and, in `message`, the place in it and what it says. */
export function damaged(source: ImageSource, message: string): ImageFormatError {
  return new ImageFormatError(`${source.name}: the image is damaged: ${message}`, {
    hint: 'See what `qemu-img check` says of it.',
  });
}

/** An error about an image that is sound but uses what qtune does not model. */
export function unsupported(source: ImageSource, message: string, hint?: string): ImageFormatError {
  return new ImageFormatError(`${source.name}: ${message}`, hint === undefined ? {} : { hint });
}

/** `0x50000`, as QEMU's messages give offsets. */
export function hex(value: number | bigint): string {
  return `0x${value.toString(16)}`;
}

/** A name out of an image, in quotes and safe to print: control, direction and invisible characters are spelled out. */
export function quoted(name: string): string {
  const cut = name.length > longestName ? `${name.slice(0, longestName)}…` : name;
  return JSON.stringify(cut).replace(
    /[\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
