import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findMemoryGroup } from '../../../src/engine/record/memory-group.ts';
import { EnvironmentError } from '../../../src/errors.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'qtune-test-group-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const mount = (type: string, mountPoint: string, options: string) => ({ device: '0:1', type, mountPoint, options });

function controllers(directory: string, text: string): void {
  mkdirSync(join(root, directory), { recursive: true });
  writeFileSync(join(root, directory, 'cgroup.subtree_control'), text);
}

test('version 2: beside our own group, where memory is handed down', () => {
  controllers('user.slice/user-0.slice', 'cpu memory pids');
  controllers('', 'cpu memory');
  const found = findMemoryGroup('q', [mount('cgroup2', root, 'rw')], '0::/user.slice/user-0.slice/session-1.scope\n');
  expect(found).toEqual({ directory: join(root, 'user.slice/user-0.slice/q'), limitFile: 'memory.max' });
});

test('version 2: at the top where our own branch does not hand memory down', () => {
  controllers('user.slice', 'cpu');
  controllers('', 'cpu memory');
  const found = findMemoryGroup('q', [mount('cgroup2', root, 'rw')], '0::/user.slice/a\n');
  expect(found).toEqual({ directory: join(root, 'q'), limitFile: 'memory.max' });
});

test('both versions at once: the one that has memory', () => {
  controllers('', 'cpu');
  const mounts = [mount('cgroup2', root, 'rw'), mount('cgroup', '/nowhere/memory', 'rw,relatime,memory')];
  const found = findMemoryGroup('q', mounts, '4:memory:/gone\n0::/\n');
  expect(found).toEqual({ directory: '/nowhere/memory/q', limitFile: 'memory.limit_in_bytes' });
});

test('no hierarchy for memory', () => {
  expect(() => findMemoryGroup('q', [mount('tmpfs', '/tmp', 'rw')], '')).toThrow(EnvironmentError);
});
