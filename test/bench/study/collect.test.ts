import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { collectCells } from '../../../bench/study/collect.ts';
import { studyConfigurations } from '../../../bench/study/configurations.ts';
import { studyWorkloads } from '../../../bench/study/workloads.ts';
import { shippedProfile } from '../../../src/driver/cost/shipped/index.ts';
import { workloadHash } from '../../../src/trial/trial-id.ts';
import { Operation } from '../../../src/workload/request.ts';
import { journalText } from '../../helpers/journal.ts';

const directory = mkdtempSync(join(tmpdir(), 'qtune-test-study-'));
const path = join(directory, 'journal.ndjson');
const workloads = await studyWorkloads(join(import.meta.dirname, '..', '..', '..'));
const workload = found(workloads.find(({ name }) => name === 'checkpoints'));
const configuration = found(studyConfigurations(workload)[0]);
const profiles = [{ ...shippedProfile('nvme', 'direct'), aio: 'io_uring' as const }];

afterAll(() => rmSync(directory, { recursive: true }));

function found<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('not there');
  return value;
}

function measuredCount(): number {
  const operations = [...workload.requests()].flatMap((block) => [...block.operation.subarray(0, block.count)]);
  return operations.slice(workload.warmUpCount).filter((operation) => operation !== Operation.sync).length;
}

function writeJournal(hash: string): void {
  const cells = [{ workload: 'checkpoints', configuration, iops: [4000, 5000, 4500] }];
  writeFileSync(path, journalText({ cells, workload: { hash } }));
}

test('a measured cell gets its repetitions in order and a prediction whose parts add up to its time', async () => {
  writeJournal(workloadHash(workload));
  const { cells } = await collectCells(path, workloads, profiles);
  expect(cells).toHaveLength(1);
  const [cell] = cells;
  expect(cell).toMatchObject({ workload: 'checkpoints', create: configuration.create, measured: [4000, 5000, 4500] });
  const { overlap = 0, ...components } = cell?.componentsMs ?? {};
  const total = Object.values(components).reduce((sum, ms) => sum + ms, 0) - overlap;
  const byOperation = Object.values(cell?.predictedMs ?? {}).reduce((sum, ms) => sum + ms, 0);
  expect(byOperation / total).toBeCloseTo(1, 2);
  expect(cell?.predicted).toBeCloseTo((measuredCount() / total) * 1000, 6);
});

test('a journal of another workload of the same name is refused', async () => {
  writeJournal('0'.repeat(64));
  await expect(collectCells(path, workloads, profiles)).rejects.toThrow('checkpoints is not what it was');
});

test('a way to do I/O that was not calibrated is named', async () => {
  writeJournal(workloadHash(workload));
  await expect(collectCells(path, workloads, [])).rejects.toThrow('there is no cost profile of cache direct');
});
