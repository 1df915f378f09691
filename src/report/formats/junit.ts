import type { UnmatchedCell } from '../cell-matching.ts';
import { configurationOf, figuresOf } from '../cell-text.ts';
import type { ComparedCell, Comparison } from '../comparison.ts';
import type { Gate } from '../gate.ts';
import type { Metric } from '../metric.ts';
import { gateFailures } from './gate-failure.ts';
import { metricsOf } from './metrics-of.ts';
import { stableName } from './stable-name.ts';
import { xmlAttributes, xmlText } from './xml.ts';

interface Outcome {
  readonly element: 'failure' | 'skipped';
  /** Of a failure. */
  readonly type?: 'worse' | 'not-completed';
  readonly message: string;
}

interface TestCase {
  readonly workload: string;
  readonly name: string;
  /** Passed where it is absent. */
  readonly outcome?: Outcome;
  /** Figures for people. */
  readonly text: string;
}

/**
 * A test suite a workload, a test case a cell and metric, for CI systems that show JUnit's XML.
 *
 * With a gate a case fails exactly where the gate does. Without one it fails where head is worse or did not finish, as
 * nobody would write tests down to see none of them fail. A case is skipped where the verdict is inconclusive or there
 * is nothing to compare with; it passes otherwise. No CI system fails a job because of the file: the exit code does.
 *
 * @source Jenkins' JUnit schema (junit-10.xsd); GitLab, "Unit test reports": equal names are shown as one
 */
export function renderJunit(comparison: Comparison, gate: Gate | undefined): string {
  const cases = testCases(comparison, gate);
  const suites = [...new Set(cases.map((one) => one.workload))].map((workload) => {
    const own = cases.filter((one) => one.workload === workload);
    return renderSuite(workload, own, comparison);
  });
  const attributes = xmlAttributes({ name: 'qtune compare', ...countsOf(cases), time: 0 });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites${attributes}>\n${suites.join('')}</testsuites>\n`;
}

function testCases(comparison: Comparison, gate: Gate | undefined): readonly TestCase[] {
  const metrics = new Map(metricsOf(comparison).map((metric) => [metric.name, metric]));
  const failureOf = gateFailures(gate);
  const compared = comparison.cells.flatMap((cell): readonly TestCase[] => {
    const metric = metrics.get(cell.metric);
    if (metric === undefined) return [];
    const failed = gate === undefined ? cell.verdict === 'worse' : failureOf(cell.cell, cell.metric) !== undefined;
    return [comparedCase(cell, metric, failed)];
  });
  const workloads = [...new Set(comparison.cells.map((cell) => cell.workload))];
  const others = comparison.unmatched.map((entry) => {
    const unfinished = entry.side === 'base' && entry.state === 'not-completed';
    const failed = gate === undefined ? unfinished : failureOf(entry.cell, null) !== undefined;
    return unmatchedCase(entry, workloads, failed);
  });
  return [...compared, ...others];
}

function comparedCase(cell: ComparedCell, metric: Metric, failed: boolean): TestCase {
  const figures = figuresOf(cell, metric);
  const text = `${cell.verdict}: ${figures}`;
  const base = { workload: cell.workload, name: `${configurationOf(cell)} ${cell.metric}`, text };
  if (failed) return { ...base, outcome: { element: 'failure', type: 'worse', message: figures } };
  if (cell.verdict !== 'inconclusive') return base;
  return { ...base, outcome: { element: 'skipped', message: `inconclusive: ${cell.reason ?? 'not enough evidence'}` } };
}

function unmatchedCase({ cell, reason }: UnmatchedCell, workloads: readonly string[], failed: boolean): TestCase {
  const workload = workloads.find((name) => cell.startsWith(`${name}/`)) ?? cell.replace(/\/.*$/s, '');
  const name = configurationOf({ cell, workload });
  const outcome = failed
    ? ({ element: 'failure', type: 'not-completed', message: reason } as const)
    : ({ element: 'skipped', message: reason } as const);
  return { workload, name, outcome, text: reason };
}

function renderSuite(workload: string, cases: readonly TestCase[], { head }: Comparison): string {
  const name = stableName(workload);
  const started = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.exec(head.startedAt)?.[0];
  const skipped = cases.filter((one) => one.outcome?.element === 'skipped').length;
  const attributes = xmlAttributes({ name, ...countsOf(cases), skipped, time: 0, timestamp: started });
  return `  <testsuite${attributes}>\n${cases.map((one) => renderCase(one, name)).join('')}  </testsuite>\n`;
}

function countsOf(cases: readonly TestCase[]): Readonly<Record<string, number>> {
  const failures = cases.filter((one) => one.outcome?.element === 'failure').length;
  return { tests: cases.length, failures, errors: 0 };
}

function renderCase({ name, outcome, text }: TestCase, suite: string): string {
  const opening = `<testcase${xmlAttributes({ classname: `qtune.${suite}`, name: stableName(name), time: 0 })}>`;
  if (outcome === undefined) return `    ${opening}<system-out>${xmlText(text)}</system-out></testcase>\n`;
  const { element, type, message } = outcome;
  const attributes = xmlAttributes({ type, message });
  const content = element === 'failure' ? `>${xmlText(text)}</failure>` : '/>';
  return `    ${opening}<${element}${attributes}${content}</testcase>\n`;
}
