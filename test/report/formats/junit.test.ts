import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { SaxesParser } from 'saxes';
import { describe, expect, test } from 'vitest';
import { renderJunit } from '../../../src/report/formats/junit.ts';
import { hasXmllint } from '../../helpers/format-checkers.ts';
import { expectGolden } from '../../helpers/golden.ts';
import { empty, failed, hostile, hostileGate, hostileNames, passed, ruled, variety } from './samples.ts';

const schema = join(import.meta.dirname, '../../fixtures/schemas/junit.xsd');

interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: Element[];
  text: string;
}

/** A document as a strict parser reads it; throws where it is not well-formed. */
function parsed(xml: string): Element {
  const root: Element = { name: '', attributes: {}, children: [], text: '' };
  const open: Element[] = [root];
  const parser = new SaxesParser();
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ name, attributes }) => {
    const element: Element = { name, attributes: attributes as Record<string, string>, children: [], text: '' };
    open.at(-1)?.children.push(element);
    open.push(element);
  });
  parser.on('text', (text) => {
    const element = open.at(-1);
    if (element) element.text += text;
  });
  parser.on('closetag', () => {
    open.pop();
  });
  parser.write(xml).close();
  return root.children[0] ?? root;
}

function casesOf(xml: string) {
  return parsed(xml).children.flatMap((suite) =>
    suite.children.map((one) => {
      const [outcome] = one.children;
      return { suite: suite.attributes.name, ...one.attributes, outcome: outcome?.name, of: outcome };
    }),
  );
}

describe.each([
  ['every state', variety, failed],
  ['rules', variety, ruled],
  ['no gate', variety, undefined],
  ['no cell', empty, undefined],
  ['hostile names', hostile, hostileGate],
] as const)('%s', (_, comparison, gate) => {
  const xml = renderJunit(comparison, gate);

  test.skipIf(!hasXmllint())('is valid against the schema that Ant and Jenkins share', () => {
    const { status, stderr } = spawnSync('xmllint', ['--noout', '--nonet', '--schema', schema, '-'], {
      input: xml,
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([0, '- validates\n']);
  });

  test('counts what it holds, and names nothing twice', () => {
    const root = parsed(xml);
    const cases = casesOf(xml);
    const failures = (list: readonly { outcome: string | undefined }[]): string =>
      String(list.filter((one) => one.outcome === 'failure').length);
    expect(root.attributes).toMatchObject({ tests: String(cases.length), failures: failures(cases) });
    for (const suite of root.children) {
      const own = cases.filter((one) => one.suite === suite.attributes.name);
      expect(suite.attributes).toMatchObject({ tests: String(own.length), failures: failures(own) });
      expect(suite.attributes.skipped).toBe(String(own.filter((one) => one.outcome === 'skipped').length));
    }
    const names = cases.map((one) => JSON.stringify([one.suite, (one as { name?: string }).name]));
    expect(new Set(names).size).toBe(names.length);
  });
});

test('a document in every state looks as it always has', () => {
  expectGolden('compare.xml', renderJunit(variety, failed));
});

test('with a gate a case fails exactly where the gate does', () => {
  const outcomes = casesOf(renderJunit(variety, failed)).map(({ outcome }) => outcome);
  expect(outcomes.filter((outcome) => outcome === 'failure')).toHaveLength(
    failed.failures.length + failed.obstacles.length,
  );
  expect(casesOf(renderJunit(variety, passed)).filter(({ outcome }) => outcome === 'failure')).toEqual([]);
});

test('rules fail with a type and a reason; what is about no figure has a case of its own', () => {
  const failures = casesOf(renderJunit(variety, ruled)).filter(({ outcome }) => outcome === 'failure');
  expect(failures.map((one) => [one.suite, (one as { name?: string }).name, one.of?.attributes.type])).toEqual([
    ['l2-cache-20g', 'l2-cache-size=8M iops', 'inconclusive'],
    ['l2-cache-20g', 'l2-cache-size=1M latencyMs.p50', 'bound'],
    ['boot', 'cache=none', 'not-compared'],
    ['gate', 'boot/default', 'not-compared'],
    ['gate', 'all', 'not-compared'],
  ]);
  expect(failures[1]?.of?.attributes.message).toMatch(/^0\.11 ms, above 0\.1 ms; 0\.092 ms /);
});

test('without one it fails where head is worse or did not finish, and is skipped where nothing can be said', () => {
  const cases = casesOf(renderJunit(variety, undefined));
  const outcomes = Object.fromEntries(cases.map((one) => [(one as { name?: string }).name, one.outcome]));
  expect(outcomes).toEqual({
    'l2-cache-size=1M iops': 'failure',
    'l2-cache-size=2M iops': 'system-out',
    'l2-cache-size=4M iops': 'system-out',
    'l2-cache-size=8M iops': 'skipped',
    'l2-cache-size=1M latencyMs.p50': 'failure',
    'l2-cache-size=1M allocatedBytes': 'failure',
    'l2-cache-size=1M hostIoCount': 'system-out',
    'l2-cache-size=1M hostIo.zero': 'failure',
    'l2-cache-size=1M spaceAmplificationRatio': 'skipped',
    'default iops': 'system-out',
    'cache=none': 'skipped',
    'cache=unsafe': 'skipped',
    'cluster_size=2M': 'failure',
  });
  expect(cases[0]?.of).toMatchObject({
    attributes: { type: 'worse', message: '1k ±1 % → 850 ±2 %, -15.0 % [-16.0, -14.0]' },
  });
  expect(cases[3]?.of?.attributes.message).toContain('inconclusive: too noisy');
});

test('text that XML can carry comes back from the parser', () => {
  const suites = new Set(casesOf(renderJunit(hostile, undefined)).map(({ suite }) => suite));
  for (const name of hostileNames.slice(0, 5)) expect(suites).toContain(name);
  expect(suites).toContain(']]>');
});

test('a start that is no time is left out', () => {
  expect(parsed(renderJunit(hostile, undefined)).children[0]?.attributes).not.toHaveProperty('timestamp');
  expect(parsed(renderJunit(variety, undefined)).children[0]?.attributes.timestamp).toBe('2026-01-02T03:04:05');
});
