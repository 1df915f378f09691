import type { QmpConnection } from './connection.ts';
import { QmpError } from './qmp.ts';
import { arrayOf, booleanField, countField, optionalField, optionalText, recordOf, textField } from './values.ts';

/** What a guest, or a client of an export, sees as a disk. */
export interface BlockDevice {
  /** Every name it goes by: the drive's id, the guest device's id and path, an export's id. */
  readonly names: readonly string[];
  /** The top node of its block graph. */
  readonly rootNode: string;
  /** False where each write of the guest ends with a flush; undefined where QEMU does not tell. */
  readonly writeback: boolean | undefined;
  readonly counts: RequestCounts | undefined;
}

/** Requests of the guest since it started. */
export interface RequestCounts {
  readonly readCount: number;
  readonly writeCount: number;
  readonly flushCount: number;
  readonly readBytes: number;
  readonly writeBytes: number;
}

/**
 * Disks of the guest, and of a storage daemon its exports.
 * @throws QmpBrokenError where the answers cannot be right
 * @source QEMU qapi/block-core.json, BlockInfo and BlockStats; qapi/block-export.json, BlockExportInfo
 */
export async function queryDevices(connection: QmpConnection): Promise<readonly BlockDevice[]> {
  const counts = await queryCounts(connection);
  const devices: BlockDevice[] = [];
  for (const one of arrayOf((await optional(connection, 'query-block')) ?? [], 'the list of block devices')) {
    const record = recordOf(one, 'a block device');
    const inserted = optionalField(record, 'inserted');
    if (inserted === undefined) continue;
    const node = recordOf(inserted, 'a block device');
    const names = [optionalText(record, 'device', 'a block device'), ...qdevNames(optionalText(record, 'qdev', 'it'))];
    const rootNode = optionalText(node, 'node-name', 'a block device');
    if (rootNode === undefined) continue;
    const known = names.filter((name): name is string => name !== undefined && name !== '');
    const cache = optionalField(node, 'cache');
    devices.push({
      names: known,
      rootNode,
      writeback: cache === undefined ? undefined : booleanField(recordOf(cache, 'a cache'), 'writeback', 'a cache'),
      counts: known.map((name) => counts.get(name)).find((found) => found !== undefined),
    });
  }
  for (const one of arrayOf((await optional(connection, 'query-block-exports')) ?? [], 'the list of exports')) {
    const record = recordOf(one, 'an export');
    const rootNode = textField(record, 'node-name', 'an export');
    devices.push({ names: [textField(record, 'id', 'an export')], rootNode, writeback: undefined, counts: undefined });
  }
  return devices;
}

/** `/machine/peripheral/vd0/virtio-backend` is the device that was started with `id=vd0`. */
function qdevNames(path: string | undefined): readonly string[] {
  if (path === undefined) return [];
  const id = /^\/machine\/peripheral\/([^/]+)/.exec(path)?.[1];
  return id === undefined ? [path] : [id, path];
}

async function queryCounts(connection: QmpConnection): Promise<ReadonlyMap<string, RequestCounts>> {
  const counts = new Map<string, RequestCounts>();
  for (const one of arrayOf((await optional(connection, 'query-blockstats')) ?? [], 'the statistics')) {
    const record = recordOf(one, 'statistics of a device');
    const names = [optionalText(record, 'device', 'statistics'), optionalText(record, 'qdev', 'statistics')];
    const stats = recordOf(record.stats, 'statistics of a device');
    const count = (key: string): number => countField(stats, key, 'statistics of a device');
    const found: RequestCounts = {
      readCount: count('rd_operations'),
      writeCount: count('wr_operations'),
      flushCount: count('flush_operations'),
      readBytes: count('rd_bytes'),
      writeBytes: count('wr_bytes'),
    };
    for (const name of names) if (name !== undefined && name !== '') counts.set(name, found);
  }
  return counts;
}

/** Undefined where this program has no such command: a storage daemon has no devices, a guest without NBD no exports. */
async function optional(connection: QmpConnection, command: string): Promise<unknown> {
  try {
    return await connection.execute(command);
  } catch (error) {
    if (error instanceof QmpError && error.errorClass === 'CommandNotFound') return undefined;
    throw error;
  }
}
