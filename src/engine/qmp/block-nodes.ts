import type { SettingValues } from '../../settings/configuration.ts';
import type { QmpConnection } from './connection.ts';
import { QmpBrokenError, QmpError } from './qmp.ts';
import {
  arrayOf,
  booleanField,
  countField,
  type JsonRecord,
  optionalField,
  optionalText,
  recordOf,
  textField,
} from './values.ts';

/** What QEMU tells of a node of its block graph. Sizes are bytes. */
export interface BlockNode {
  readonly name: string;
  readonly driver: string;
  /** As QEMU names the file; a path, or `json:` where the node is more than that. */
  readonly fileName: string;
  readonly virtualBytes: number;
  /** What the file takes on its host's disk; undefined where QEMU does not know. */
  readonly allocatedBytes: number | undefined;
  readonly readOnly: boolean;
  readonly direct: boolean;
  readonly noFlush: boolean;
  readonly detectZeroes: string;
  readonly encrypted: boolean;
  /** The backing file that the image's header names. */
  readonly backingFileName: string | undefined;
  readonly hasSnapshots: boolean;
  /** Create-time settings by qemu-img's names, of a qcow2 node that says them. */
  readonly create: SettingValues | undefined;
  /** Nodes below it by the name of the edge: `file`, `backing`, `data-file`. */
  readonly children: ReadonlyMap<string, string>;
}

export type BlockNodes = ReadonlyMap<string, BlockNode>;

const most = 10_000;

/**
 * Every named node of the running QEMU. What lies below a node is in the nodes' own `children` from QEMU 11 on, and in
 * `x-debug-query-block-graph` since 4.0.
 * @throws QmpBrokenError where the answers cannot be right
 * @source QEMU qapi/block-core.json, BlockDeviceInfo and XDbgBlockGraph; the fields were looked at in 7.2, 10.0 and 11.1
 */
export async function queryBlockNodes(connection: QmpConnection): Promise<BlockNodes> {
  const answer = await connection.execute('query-named-block-nodes', { flat: true });
  const records = arrayOf(answer, 'the list of block nodes').map((one) => recordOf(one, 'a block node'));
  if (records.length > most) throw new QmpBrokenError(`the list of block nodes has ${records.length} entries`);
  const edges = records.every((record) => Array.isArray(record.children)) ? undefined : await queryEdges(connection);
  const nodes = new Map<string, BlockNode>();
  for (const record of records) {
    const name = textField(record, 'node-name', 'a block node');
    if (nodes.has(name)) throw new QmpBrokenError(`there are two block nodes of the name ${name}`);
    nodes.set(name, nodeOf(record, name, edges?.get(name) ?? childrenOf(record)));
  }
  return nodes;
}

function nodeOf(record: JsonRecord, name: string, children: ReadonlyMap<string, string>): BlockNode {
  const what = `block node ${name}`;
  const image = recordOf(record.image, `the image of ${what}`);
  const cache = recordOf(record.cache, `the cache of ${what}`);
  const allocated = optionalField(image, 'actual-size');
  const snapshots = optionalField(image, 'snapshots');
  return {
    name,
    driver: textField(record, 'drv', what),
    fileName: textField(record, 'file', what),
    virtualBytes: countField(image, 'virtual-size', what),
    allocatedBytes: allocated === undefined ? undefined : countField(image, 'actual-size', what),
    readOnly: booleanField(record, 'ro', what),
    direct: booleanField(cache, 'direct', what),
    noFlush: booleanField(cache, 'no-flush', what),
    detectZeroes: textField(record, 'detect_zeroes', what),
    encrypted: booleanField(record, 'encrypted', what),
    backingFileName: optionalText(image, 'backing-filename', what),
    hasSnapshots: snapshots !== undefined && arrayOf(snapshots, what).length > 0,
    create: createSettings(image, what),
    children,
  };
}

/** Only what differs from QEMU's defaults. */
function createSettings(image: JsonRecord, what: string): SettingValues | undefined {
  const specific = optionalField(image, 'format-specific');
  if (specific === undefined) return undefined;
  const { type, data } = recordOf(specific, what);
  if (type !== 'qcow2') return undefined;
  const format = recordOf(data, what);
  const clusterBytes = countField(image, 'cluster-size', what);
  const compat = textField(format, 'compat', what);
  const refcountBits = countField(format, 'refcount-bits', what);
  const compression = optionalText(format, 'compression-type', what) ?? 'zlib';
  const dataFile = optionalText(format, 'data-file', what);
  return {
    ...(clusterBytes === 65_536 ? {} : { cluster_size: clusterBytes }),
    ...(optionalField(format, 'extended-l2') === true ? { extended_l2: true } : {}),
    ...(refcountBits === 16 ? {} : { refcount_bits: refcountBits }),
    ...(optionalField(format, 'lazy-refcounts') === true ? { lazy_refcounts: true } : {}),
    ...(compat === '1.1' ? {} : { compat }),
    ...(compression === 'zlib' ? {} : { compression_type: compression }),
    ...(dataFile === undefined ? {} : { data_file: dataFile }),
  };
}

function childrenOf(record: JsonRecord): ReadonlyMap<string, string> {
  const children = new Map<string, string>();
  for (const one of arrayOf(record.children ?? [], 'the children of a block node')) {
    const child = recordOf(one, 'a child of a block node');
    const name = optionalText(child, 'node-name', 'a child of a block node');
    if (name !== undefined) children.set(textField(child, 'child', 'a child of a block node'), name);
  }
  return children;
}

/** Children by parent, undefined where this QEMU does not tell. */
async function queryEdges(
  connection: QmpConnection,
): Promise<ReadonlyMap<string, ReadonlyMap<string, string>> | undefined> {
  const graph = await connection.execute('x-debug-query-block-graph').catch((error: unknown) => {
    if (error instanceof QmpError) return undefined;
    throw error;
  });
  if (graph === undefined) return undefined;
  const { nodes, edges } = recordOf(graph, 'the block graph');
  const names = new Map<unknown, string>();
  for (const one of arrayOf(nodes, 'the nodes of the block graph')) {
    const node = recordOf(one, 'a node of the block graph');
    if (node.type === 'block-driver') names.set(node.id, textField(node, 'name', 'a node of the block graph'));
  }
  const children = new Map<string, Map<string, string>>();
  for (const one of arrayOf(edges, 'the edges of the block graph')) {
    const edge = recordOf(one, 'an edge of the block graph');
    const [parent, child] = [names.get(edge.parent), names.get(edge.child)];
    if (parent === undefined || child === undefined) continue;
    const below = children.get(parent) ?? new Map<string, string>();
    children.set(parent, below.set(textField(edge, 'name', 'an edge of the block graph'), child));
  }
  return children;
}

/**
 * Whether `blockdev-reopen` takes the node: one whose name QEMU made up (`#block187`, as `-drive` without `node-name` gets it) is refused with
 * "Cannot change the option 'node-name'".
 * @source QEMU block.c, bdrv_assign_node_name and bdrv_reopen_prepare; seen with 7.2
 */
export function isReopenable(node: BlockNode): boolean {
  return !node.name.startsWith('#');
}
