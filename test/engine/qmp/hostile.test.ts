import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { queryBlockNodes } from '../../../src/engine/qmp/block-nodes.ts';
import { QmpConnection, type QmpTimeLimits } from '../../../src/engine/qmp/connection.ts';
import { queryDevices } from '../../../src/engine/qmp/devices.ts';
import { QmpBrokenError } from '../../../src/engine/qmp/qmp.ts';
import { type ReopenOutcome, reopenNodes } from '../../../src/engine/qmp/reopen.ts';
import { observe } from '../../../src/engine/qmp/verify.ts';
import { EnvironmentError, InterruptedError, UsageError } from '../../../src/errors.ts';
import {
  type Behaviour,
  guest,
  hangUp,
  node,
  type QmpServer,
  qcow2Node,
  Refusal,
  say,
  serveQmp,
  silent,
} from '../../helpers/qmp-server.ts';

const never = new AbortController().signal;
/** Waiting is what these tests are about: long enough for an answer on a busy machine. */
const timeLimits: QmpTimeLimits = { greetingMs: 1500, commandMs: 1500 };

let directory = '';
let path = '';
let servers: QmpServer[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'qtune-qmp-'));
  path = join(directory, 's');
  servers = [];
});
afterEach(async () => {
  await Promise.all(servers.map((server) => server.close()));
  rmSync(directory, { recursive: true, force: true });
});

async function serve(behaviours: readonly Behaviour[], greet?: string): Promise<QmpServer> {
  const server = await (greet === undefined ? serveQmp(path, behaviours) : serveQmp(path, behaviours, greet));
  servers.push(server);
  return server;
}

const open = (signal = never) => QmpConnection.open({ path, signal, timeLimits });
const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(() => undefined).catch((error: unknown) => error);

describe('a connection that cannot be had says so', () => {
  test('nothing is there', async () => {
    expect(await failureOf(open())).toMatchObject({ message: expect.stringContaining('there is no such socket') });
    expect(await failureOf(open())).toBeInstanceOf(UsageError);
  });

  test('a plain file, a path that is too long', async () => {
    writeFileSync(path, '');
    expect(String(await failureOf(open()))).toContain('is not a socket');
    path = join(directory, 'x'.repeat(120));
    expect(String(await failureOf(open()))).toContain('at most 107 bytes');
  });

  test.each([
    ['says nothing', '', /nothing greeted within/],
    ['is not QMP', 'SSH-2.0-OpenSSH_9.2\r\n', /no message of QMP: SSH-2.0/],
    ['has no version', '{"QMP":{}}\n', /the version in the greeting is not an object/],
    ['has a version of words', '{"QMP":{"version":{"qemu":{"major":"x"}}}}\n', /names no version/],
    ['greets twice', '{"QMP":{"version":{"qemu":{"major":7}}}}\n{"QMP":{}}\n', /greeted twice/],
    ['sends megabytes', ' '.repeat(34 * 2 ** 20), /more than 32 MiB/],
  ])('a server that %s', async (_name, greet, message) => {
    await serve([], greet);
    const error = await failureOf(open());
    expect(error).toBeInstanceOf(EnvironmentError);
    expect(String(error)).toMatch(message);
  });

  test('a server that closes at once, and one that hangs in the negotiation', async () => {
    const closing = await serve([hangUp]);
    expect(String(await failureOf(open()))).toContain('closed the connection');
    await closing.close();
    await serve([(command) => (command === 'qmp_capabilities' ? silent : undefined)]);
    expect(String(await failureOf(open()))).toContain('nothing greeted within');
  });

  test('a signal ends the waiting', async () => {
    await serve([], '');
    const controller = new AbortController();
    const error = failureOf(open(controller.signal));
    controller.abort();
    expect(await error).toBeInstanceOf(InterruptedError);
    expect(await failureOf(open(controller.signal))).toBeInstanceOf(InterruptedError);
  });
});

describe('answers that cannot be right are refused', () => {
  const nodes =
    (...list: unknown[]): Behaviour =>
    (command) =>
      command === 'query-named-block-nodes' ? list : undefined;
  test.each<[string, Behaviour]>([
    ['no list', (command) => (command === 'query-named-block-nodes' ? {} : undefined)],
    ['a number in the list', nodes(7)],
    ['a node without a name', nodes(node('a', { 'node-name': 1 }))],
    ['two nodes of a name', nodes(node('a'), node('a'))],
    ['a size below zero', nodes(qcow2Node('a', -1))],
    ['a size beyond counting', nodes(qcow2Node('a', 2 ** 60))],
    ['a size of words', nodes(node('a', { image: { 'virtual-size': '1T' } }))],
    ['no cache', nodes(node('a', { cache: null }))],
    ['children of words', nodes(node('a', { children: ['file'] }))],
    ['ten thousand and one nodes', nodes(...Array.from({ length: 10_001 }, (_, index) => node(`n${index}`)))],
  ])('%s', async (_name, behaviour) => {
    await serve([behaviour]);
    const connection = await open();
    expect(await failureOf(queryBlockNodes(connection))).toBeInstanceOf(QmpBrokenError);
    connection.close();
  });

  test('devices and statistics of words', async () => {
    await serve([(command) => (command === 'query-blockstats' ? [{ stats: { rd_operations: 'many' } }] : undefined)]);
    const connection = await open();
    expect(String(await failureOf(queryDevices(connection)))).toContain('rd_operations');
    connection.close();
  });

  test('a command without an answer ends the session', async () => {
    await serve([(command) => (command === 'query-status' ? silent : undefined), guest()]);
    const connection = await open();
    expect(String(await failureOf(observe(connection)))).toMatch(/no answer to query-status came within/);
    expect(await failureOf(connection.execute('query-block'))).toBeInstanceOf(Error);
  });
});

describe('a change ends in the former or the new settings, or says that it is not known', () => {
  const former = { drive: { 'l2-cache-size': 2 ** 20 }, kept: {} };
  const wanted = { drive: { 'l2-cache-size': 2 ** 22, 'detect-zeroes': 'on' }, kept: {} };

  async function change(...behaviours: Behaviour[]): Promise<{ outcome: ReopenOutcome; sizes: unknown[] }> {
    const server = await serve([...behaviours, guest()]);
    const connection = await open();
    const others: QmpConnection[] = [];
    const before = await observe(connection);
    const outcome = await reopenNodes({
      connection,
      reconnect: async () => {
        const other = await open();
        others.push(other);
        return other;
      },
      before,
      changes: [{ nodeName: 'disk0', former, wanted }],
    });
    for (const one of [connection, ...others]) one.close();
    return { outcome, sizes: server.reopened.map(([options]) => options?.['l2-cache-size']) };
  }

  /** The first `blockdev-reopen` behaves so, the others as a guest's. */
  function first(behave: Behaviour): Behaviour {
    let isDone = false;
    return (command, args, line) => {
      if (command !== 'blockdev-reopen' || isDone) return undefined;
      isDone = true;
      return behave(command, args, line);
    };
  }

  test('all goes well', async () => {
    expect(await change()).toEqual({ outcome: { state: 'changed' }, sizes: [2 ** 22] });
  });

  test('QEMU refuses', async () => {
    const { outcome, sizes } = await change(first(() => new Refusal('no such thing')));
    expect(outcome).toEqual({ state: 'refused', reason: 'no such thing' });
    expect(sizes).toEqual([]);
  });

  test.each<[string, Behaviour, RegExp]>([
    ['says yes and does nothing', () => ({}), /detect-zeroes should be on and is off/],
    ['closes before it answers', hangUp, /closed the connection/],
    ['never answers', () => silent, /no answer to blockdev-reopen came/],
    ['answers something else', say('{"id":4,"return":{}}\n'), /nothing that was asked/],
    ['answers garbage', say('<html>\n'), /no message of QMP/],
  ])('a server that %s: the former settings are put back', async (_name, behaviour, message) => {
    const { outcome, sizes } = await change(first(behaviour));
    expect(outcome.state).toBe('restored');
    expect(outcome).toMatchObject({ reason: expect.stringMatching(message) });
    expect(sizes.at(-1)).toBe(2 ** 20);
  });

  test.each<[string, (node: Record<string, unknown>) => void, RegExp]>([
    ['another file', (one) => Object.assign(one, { file: '/vm/other' }), /its file was \/vm\/disk.qcow2/],
    ['read-only', (one) => Object.assign(one, { ro: true }), /read-only was false/],
    ['another node below', (one) => Object.assign(one, { children: [] }), /what lies below/],
    ['cache.direct gone', (one) => Object.assign(one, { cache: { direct: false, 'no-flush': false } }), /cache.direct/],
    ['the node gone', (one) => Object.assign(one, { 'node-name': 'other' }), /node disk0 is gone/],
  ])('after the change: %s', async (_name, damage, message) => {
    const nodes = [qcow2Node('disk0'), node('disk0-file')];
    const plain = guest(nodes);
    const lying: Behaviour = (command, args, line) => {
      const said = plain(command, args, line);
      if (command === 'blockdev-reopen') for (const one of nodes.slice(0, 1)) damage(one);
      return said;
    };
    const { outcome, sizes } = await change(lying);
    expect(outcome.state).toBe('unknown');
    expect(outcome).toMatchObject({ reason: expect.stringMatching(message) });
    // Where nodes are others by now, a command that names the former ones would do harm.
    expect(sizes.length).toBe(message.source.includes('direct') ? 2 : 1);
  });

  test('a guest that stops with an error on the disk gets its former settings', async () => {
    let isBroken = false;
    const { outcome, sizes } = await change((command) => {
      if (command === 'blockdev-reopen') isBroken = !isBroken;
      return command === 'query-status' && isBroken ? { status: 'io-error' } : undefined;
    });
    expect(outcome).toMatchObject({ state: 'restored', reason: expect.stringContaining('io-error') });
    expect(sizes).toEqual([2 ** 22, 2 ** 20]);
  });

  test('a QEMU that ends', async () => {
    const { outcome } = await change((command) => {
      if (command !== 'blockdev-reopen') return undefined;
      void servers[0]?.close();
      return silent;
    });
    expect(outcome).toMatchObject({
      state: 'unknown',
      restoring: expect.stringMatching(/no such socket|nobody listens/),
    });
  });
});
