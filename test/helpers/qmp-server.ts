import { createServer, type Server, type Socket } from 'node:net';

/** What a server says, or does, on a command; undefined leaves it to the next. */
export type Behaviour = (command: string, args: Record<string, unknown>, line: Line) => unknown;

/** One command as it came, and the connection for whatever is no proper answer. */
export interface Line {
  readonly id: unknown;
  readonly socket: Socket;
}

/** Said by a behaviour that has answered itself, or does not answer at all. */
export const silent = Symbol('silent');
/** Said by a behaviour that refuses. */
export class Refusal {
  readonly description: string;
  readonly errorClass: string;
  constructor(description: string, errorClass = 'GenericError') {
    this.description = description;
    this.errorClass = errorClass;
  }
}

/** Closes the connection instead of an answer. */
export const hangUp: Behaviour = (_command, _args, { socket }) => {
  socket.destroy();
  return silent;
};

/** Writes a text of its own instead of an answer. */
export function say(text: string): Behaviour {
  return (_command, _args, { socket }) => {
    socket.write(text);
    return silent;
  };
}

export const greeting = {
  QMP: { version: { qemu: { major: 9, minor: 1, micro: 0 }, package: 'simulated' }, capabilities: [] },
};

export interface QmpServer {
  /** Options of every `blockdev-reopen` that was taken, in order. */
  readonly reopened: (readonly Record<string, unknown>[])[];
  /** Every command that came, in order. */
  readonly commands: string[];
  close(): Promise<void>;
}

/**
 * A QMP server in this process on a Unix socket: keeps to the protocol, and does what the behaviours say, the first that says something.
 * @param greet what is written when somebody connects
 */
export async function serveQmp(
  path: string,
  behaviours: readonly Behaviour[],
  greet: string | undefined = `${JSON.stringify(greeting)}\r\n`,
): Promise<QmpServer> {
  const reopened: (readonly Record<string, unknown>[])[] = [];
  const commands: string[] = [];
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    if (greet !== undefined) socket.write(greet);
    let rest = '';
    socket.on('data', (chunk) => {
      const lines = `${rest}${chunk.toString('utf8')}`.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) answer(JSON.parse(line), socket);
    });
  });
  const answer = (message: { execute: string; arguments: Record<string, unknown>; id: unknown }, socket: Socket) => {
    const { execute, arguments: args, id } = message;
    commands.push(execute);
    let said: unknown;
    for (const behave of [...behaviours, standard]) {
      said = behave(execute, args, { id, socket });
      if (said !== undefined) break;
    }
    if (said === silent) return;
    if (said instanceof Refusal) {
      socket.write(`${JSON.stringify({ id, error: { class: said.errorClass, desc: said.description } })}\n`);
      return;
    }
    if (execute === 'blockdev-reopen') reopened.push(args.options as Record<string, unknown>[]);
    socket.write(`${JSON.stringify({ event: 'NICE_DAY', timestamp: {} })}\n${JSON.stringify({ id, return: said })}\n`);
  };
  await new Promise<void>((resolve) => {
    server.listen(path, resolve);
  });
  return {
    reopened,
    commands,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

function standard(command: string): unknown {
  return command === 'qmp_capabilities'
    ? {}
    : new Refusal(`The command ${command} has not been found`, 'CommandNotFound');
}

/** A block node as `query-named-block-nodes` of QEMU 11 has it. */
export function node(name: string, fields: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    'node-name': name,
    drv: 'file',
    file: '/vm/disk.qcow2',
    ro: false,
    encrypted: false,
    detect_zeroes: 'off',
    cache: { writeback: true, direct: true, 'no-flush': false },
    image: { filename: '/vm/disk.qcow2', format: 'file', 'virtual-size': 200_704, 'actual-size': 200_704 },
    children: [],
    ...fields,
  };
}

/** A qcow2 node over `NAME-file`. @param diskBytes its virtual size */
export function qcow2Node(
  name: string,
  diskBytes = 2 ** 41,
  fields: Record<string, unknown> = {},
): Record<string, unknown> {
  return node(name, {
    drv: 'qcow2',
    image: {
      filename: '/vm/disk.qcow2',
      format: 'qcow2',
      'virtual-size': diskBytes,
      'actual-size': 10 * 2 ** 30,
      'cluster-size': 65_536,
      'format-specific': {
        type: 'qcow2',
        data: {
          compat: '1.1',
          'compression-type': 'zlib',
          'lazy-refcounts': false,
          'refcount-bits': 16,
          corrupt: false,
        },
      },
    },
    children: [{ child: 'file', 'node-name': `${name}-file` }],
    ...fields,
  });
}

/**
 * A running guest with one qcow2 disk of 2 TiB: drive `d0`, device `vd0`, node `disk0`. `blockdev-reopen` changes what QEMU tells of it.
 */
export function guest(nodes: Record<string, unknown>[] = [qcow2Node('disk0'), node('disk0-file')]): Behaviour {
  return (command, args) => {
    switch (command) {
      case 'query-named-block-nodes':
        return nodes;
      case 'query-status':
        return { status: 'running', running: true };
      case 'query-block-jobs':
      case 'query-block-exports':
        return [];
      case 'query-block':
        return [
          {
            device: 'd0',
            qdev: '/machine/peripheral/vd0/virtio-backend',
            inserted: { 'node-name': 'disk0', cache: { writeback: true, direct: true, 'no-flush': false } },
          },
        ];
      case 'query-blockstats':
        return [{ device: 'd0', stats: statistics }];
      case 'blockdev-reopen':
        for (const options of args.options as Record<string, unknown>[]) {
          const found = nodes.find((one) => one['node-name'] === options['node-name']);
          if (found === undefined) return new Refusal('Failed to find node');
          found.detect_zeroes = options['detect-zeroes'] ?? 'off';
        }
        return {};
      default:
        return undefined;
    }
  };
}

const statistics = {
  rd_operations: 3000,
  wr_operations: 1000,
  flush_operations: 500,
  rd_bytes: 3000 * 8192,
  wr_bytes: 1000 * 8192,
};
