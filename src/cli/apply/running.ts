import { resolve } from 'node:path';
import { QmpConnection } from '../../engine/qmp/connection.ts';
import { type BlockDevice, queryDevices } from '../../engine/qmp/devices.ts';
import { QmpBrokenError, QmpError } from '../../engine/qmp/qmp.ts';
import { chooseDisks, type RunningDisk } from '../../engine/qmp/running-disk.ts';
import { type Observation, observe } from '../../engine/qmp/verify.ts';
import { EnvironmentError, UsageError } from '../../errors.ts';
import { optionalString, stringList } from '../args.ts';
import type { Host } from '../host.ts';

/** Which disks of which QEMU are meant. */
export interface RunningChoice {
  /** The socket as the user named it. */
  readonly socket: string;
  readonly nodes: readonly string[];
  readonly devices: readonly string[];
}

/** A running QEMU and the disks that were asked for. */
export interface Running {
  readonly connection: QmpConnection;
  readonly observation: Observation;
  readonly devices: readonly BlockDevice[];
  readonly disks: readonly RunningDisk[];
}

/** `--qmp`, `--node`, `--device`; undefined without the first. @throws UsageError for the others alone */
export function runningChoice(args: Readonly<Record<string, unknown>>): RunningChoice | undefined {
  const socket = optionalString(args, 'qmp');
  const [nodes, devices] = [stringList(args, 'node'), stringList(args, 'device')];
  for (const [flag, values] of Object.entries({ node: nodes, device: devices })) {
    if (values.includes('')) throw new UsageError(`--${flag} has no value`);
  }
  if (socket === undefined) return undefined;
  return { socket: socket.replace(/^unix:/, ''), nodes, devices };
}

/** The socket's path for this process. */
export function socketPath(host: Pick<Host, 'cwd'>, socket: string): string {
  return resolve(host.cwd, socket);
}

/**
 * Looks at the disks of a running QEMU; the work may ask it more. The connection is closed in any case.
 * @throws UsageError, EnvironmentError as {@link QmpConnection.open} and {@link chooseDisks}; EnvironmentError where its answers cannot be
 *   right or do not come
 */
export async function withRunning<Result>(
  choice: RunningChoice,
  host: Host,
  work: (running: Running) => Promise<Result>,
): Promise<Result> {
  const connection = await QmpConnection.open({ path: socketPath(host, choice.socket), signal: host.signal });
  try {
    const observation = await observe(connection);
    const devices = await queryDevices(connection);
    const disks = chooseDisks(observation.nodes, devices, choice);
    return await work({ connection, observation, devices, disks });
  } catch (error) {
    if (!(error instanceof QmpBrokenError || error instanceof QmpError)) throw error;
    throw new EnvironmentError(`--qmp: ${choice.socket}: ${error.message}`, {
      hint: 'Nothing was changed. Is the guest still running, and is that its QMP socket?',
      cause: error,
    });
  } finally {
    connection.close();
  }
}
