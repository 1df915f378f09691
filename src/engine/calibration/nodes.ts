import type { JsonValue } from '../../settings/blockdev.ts';
import type { IoMode } from './bench.ts';

function cacheOf(mode: IoMode): JsonValue {
  return { direct: mode.cache === 'direct', 'no-flush': false };
}

function fileNode(name: string, mode: IoMode): JsonValue {
  return { driver: 'file', filename: name, aio: mode.aio, cache: cacheOf(mode), discard: 'unmap' };
}

/** A file without a format: what a request costs there is host I/O and little else. */
export function rawNode(name: string, mode: IoMode): JsonValue {
  return { driver: 'raw', cache: cacheOf(mode), discard: 'unmap', file: fileNode(name, mode) };
}

/** A node that answers at once without doing anything: what is left is the block layer's own work. */
function nullNode(bytes: number): JsonValue {
  return { driver: 'null-co', size: bytes, 'read-zeroes': true };
}

export function rawNullNode(bytes: number): JsonValue {
  return { driver: 'raw', file: nullNode(bytes) };
}

/** @param options runtime options of the qcow2 driver */
export function qcow2Node(name: string, mode: IoMode, options: Readonly<Record<string, JsonValue>> = {}): JsonValue {
  return { driver: 'qcow2', cache: cacheOf(mode), discard: 'unmap', file: fileNode(name, mode), ...options };
}

/** An image whose data file answers at once: what is left is the driver's work. */
export function qcow2WithoutDevice(name: string, mode: IoMode, bytes: number): JsonValue {
  return qcow2Node(name, mode, { 'data-file': nullNode(bytes) });
}
