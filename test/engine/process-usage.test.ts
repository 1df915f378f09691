import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { processUsage } from '../../src/engine/process-usage.ts';

test.skipIf(!existsSync('/proc/self/schedstat'))('what a process computes is counted to it', () => {
  const before = processUsage(process.pid);
  const untilMs = performance.now() + 50;
  while (performance.now() < untilMs);
  const after = processUsage(process.pid);
  if (before === undefined || after === undefined) throw new Error('no figures');
  // Others may have had the processor for a while, but hardly for most of it.
  expect(after.userMs - before.userMs).toBeGreaterThan(5);
  expect(after.ioBytes).toBeGreaterThanOrEqual(before.ioBytes);
});

test('of a process that has ended nothing is known', async () => {
  const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await once(child, 'exit');
  expect(processUsage(child.pid ?? -1)).toBeUndefined();
});
