import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { packPage, unpackPage } from '../../../src/report/html/charts/packed.ts';
import { scriptJson } from '../../../src/report/html/shell.ts';
import { around, configuration, type JournalPlan, journalText } from '../../helpers/journal.ts';
import { completedTrial, sampleMetrics } from '../../helpers/trials.ts';
import { renderJournals } from './open-page.ts';

const directory = mkdtempSync(join(tmpdir(), 'qtune-page-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const mebi = 1_048_576;
const render = (journals: Readonly<Record<string, string>>): Promise<string> => renderJournals(directory, journals);

function run(speeds: readonly number[], further: Partial<JournalPlan> = {}): string {
  return journalText({
    cells: speeds.map((speed, index) => ({
      configuration: configuration({ 'l2-cache-size': (index + 1) * mebi }),
      iops: around(speed, 30, 0.01, index),
    })),
    ...further,
  });
}

/** The rows of a table by its caption, as lists of the cells' texts. */
function rowsOf(html: string, caption: string): string[][] {
  const table = html.split('<table>').find((part) => part.startsWith(`<caption>${caption}</caption>`)) ?? '';
  return (table.split('</thead>')[1] ?? '')
    .split('</table>')[0]
    ?.split(/<tr[^>]*>/)
    .slice(1)
    .map((row) =>
      row
        .split(/<t[dh][^>]*>/)
        .slice(1)
        .map((cell) => cell.replace(/<[^>]*>/g, '').trim()),
    ) as string[][];
}

test('the same journals give the same bytes', async () => {
  const journals = { 'run.ndjson': run([1000, 2000]) };
  const [first, second] = [await render(journals), await render(journals)];
  expect(first === second).toBe(true);
});

test('every configuration has a verdict against the first of the plan', async () => {
  const html = await render({ 'run.ndjson': run([1000, 1000, 2000, 500]) });
  const rows = rowsOf(html, 'Verdicts: l2-cache-20g');
  expect(rows.map(([name, , iops]) => [name, iops?.split(' ')[0]])).toEqual([
    ['l2-cache-size=2097152', 'same'],
    ['l2-cache-size=3145728', 'better'],
    ['l2-cache-size=4194304', 'worse'],
  ]);
  expect(html).toContain('baseline <strong>l2-cache-size=1048576</strong>');
});

test('of two journals the first is the baseline, cell by cell', async () => {
  const later = { startMs: Date.UTC(2026, 0, 3) };
  const html = await render({ 'base.ndjson': run([1000, 2000]), 'head.ndjson': run([1000, 1000], later) });
  const rows = rowsOf(html, 'Verdicts: l2-cache-20g');
  expect(rows.map(([name, , iops]) => [name, iops?.split(' ')[0]])).toEqual([
    ['l2-cache-size=1048576, head.ndjson', 'same'],
    ['l2-cache-size=2097152, head.ndjson', 'worse'],
  ]);
  expect(rowsOf(html, 'Speed and size')).toHaveLength(4);
  expect(html).toContain('ran one after the other');
});

test('the table of trials has every one, in groups that the figures lead to', async () => {
  const html = await render({ 'run.ndjson': run([1000, 2000]) });
  const ids = rowsOf(html, 'Trials: l2-cache-20g').map(([id]) => id);
  expect(ids.filter((id) => /^\d+(-\d+)?/.test(id ?? ''))).toHaveLength(60);
  expect(html).toContain('<a href=#t0-1>30</a>');
  expect(html).toContain('<tbody id=t0-1 ');
});

test('trials that failed, that were disturbed and that were run again are told', async () => {
  const id = 'abcdef0123456789';
  const disturbance = { stealMs: 12.5, waitMs: 3, otherIoBytes: 2 * mebi, throttledMs: 0 };
  const disturbed = completedTrial({
    id,
    metrics: sampleMetrics(600),
    disturbance: { ...disturbance, disturbed: true },
  });
  const calm = completedTrial({ id, metrics: sampleMetrics(900), disturbance: { ...disturbance, disturbed: false } });
  const { metrics: _, cpus: __, command: ___, warnings: ____, ...rest } = completedTrial({ id: '00ff00ff00ff00ff' });
  const failed = { ...rest, state: 'failed', reason: 'request 7: <EIO>' } as const;
  const html = await render({ 'run.ndjson': journalText({ cells: [], trials: [disturbed, calm, failed] }) });
  expect(rowsOf(html, 'Disturbed trials, and those that were run again')).toEqual([
    [id, 'l2-cache-20g', 'l2-cache-size=1M', '600', '12.5', '3', '2', '0', 'run again, does not count'],
  ]);
  expect(html).toContain(`<a href=#j0-${id}>`);
  expect(html).toContain(`<tr id=j0-${id}>`);
  expect(rowsOf(html, 'Trials: l2-cache-20g').at(-1)?.at(-1)).toBe('failed: request 7: &lt;EIO&gt;');
  expect(html).toContain('1 completed trial was run again');
});

test.each([
  ['no trial', run([])],
  ['one trial', journalText({ cells: [{ iops: [1000] }] })],
  [
    'figures that the contract leaves out',
    journalText({ cells: [{ iops: [1000, 1001], metrics: { spaceAmplificationRatio: 0 } }] }),
  ],
  [
    'settings that QEMU refuses',
    journalText({
      cells: [
        { configuration: configuration({ 'l2-cache-size': 9, 'cache-size': 1 }, { cluster_size: 3 }), iops: [1, 2] },
      ],
    }),
  ],
  [
    'all the same',
    journalText({ cells: [{ iops: [5, 5, 5] }, { configuration: configuration({ x: 1 }), iops: [5, 5, 5] }] }),
  ],
])('%s makes a page without a number that is none', async (_, text) => {
  const html = await render({ 'run.ndjson': text });
  expect(html.replace(/<script>[\s\S]*?<\/script>/, '')).not.toMatch(/NaN|Infinity|undefined|\[object/);
  expect(html.slice(-8)).toBe('</html>\n');
});

test('data in the page cannot leave its script element', () => {
  const text = '</script><!--<script>\u2028\u2029';
  const json = scriptJson({ text });
  expect(json).not.toMatch(/[<\u2028\u2029]/);
  expect(JSON.parse(json)).toEqual({ text });
});

test('the data of charts come back as they were, latencies to three digits', () => {
  const cell = {
    variant: 0,
    baseline: true,
    iops: [3, 1, 4] as const,
    ratio: null,
    verdict: 'same' as const,
    at: 5,
    line: 0,
    latency: [0.003456, 12.3],
    memory: 1,
    space: null,
    front: true,
    hostIo: [1, 0.5],
    count: 2,
  };
  const workload = { axis: null, lines: [], kinds: ['reads'], kindColors: [0], cells: [cell] };
  const page = { names: ['a'], percentiles: [50, 99], workloads: [workload] };
  const [restored] = unpackPage(JSON.parse(JSON.stringify(packPage(page)))).workloads;
  expect(restored).toEqual({ ...workload, cells: [{ ...cell, latency: [0.00346, 12.3] }] });
});

test('the example in reports is what its journal renders to', async () => {
  const reports = join(import.meta.dirname, '..', '..', '..', 'reports');
  const journal = readFileSync(join(reports, 'l2-cache-20g.ndjson'), 'utf8');
  const page = readFileSync(join(reports, 'l2-cache-20g.html'), 'utf8');
  // Of two pages of 50 kB nobody would read a difference.
  expect((await render({ 'l2-cache-20g.ndjson': journal })) === page).toBe(true);
});
