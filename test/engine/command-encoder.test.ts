import { expect, test } from 'vitest';
import { commandBytes, encodeCommand } from '../../src/engine/qemu-io/command-encoder.ts';
import { Operation } from '../../src/workload/request.ts';

function encode(operation: number, offsetBytes = 0, lengthBytes = 0, silentSyncs = false): string {
  const buffer = Buffer.alloc(8 + commandBytes, '#');
  const end = encodeCommand(buffer, 8, operation, offsetBytes, lengthBytes, silentSyncs);
  expect(buffer.toString('latin1', 0, 8)).toBe('########');
  expect(buffer.toString('latin1', end)).toBe('#'.repeat(buffer.length - end));
  return buffer.toString('latin1', 8, end);
}

test.each([
  ['read', Operation.read, 'read -C 65536 4096\n'],
  ['write', Operation.write, 'write -C 65536 4096\n'],
  ['trim', Operation.trim, 'discard -C 65536 4096\n'],
])('a %s is one command that reports its time', (_, operation, line) => {
  expect(encode(operation, 65_536, 4096)).toBe(line);
});

test('a sync is a write of nothing that is flushed, so that it is timed, and a plain flush where it cannot be', () => {
  expect(encode(Operation.sync)).toBe('write -C -f 0 0\n');
  expect(encode(Operation.sync, 0, 0, true)).toBe('flush\n');
});

test('the longest command fits the room that callers leave', () => {
  const longest = encode(Operation.trim, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
  expect(longest).toBe('discard -C 9007199254740991 9007199254740991\n');
  expect(longest.length).toBeLessThanOrEqual(commandBytes);
});
