import { configurationOf, figuresOf } from '../cell-text.ts';
import type { ComparedCell, Comparison } from '../comparison.ts';
import type { Gate } from '../gate.ts';
import type { Metric } from '../metric.ts';
import { type GateFinding, GateFindings } from './gate-findings.ts';
import { metricsOf } from './metrics-of.ts';
import { stableName } from './stable-name.ts';
import { xmlAttributes, xmlText } from './xml.ts';

interface Outcome {
  readonly element: 'failure' | 'skipped';
  /** Of a failure. */
  readonly type?: 'worse' | 'bound' | 'not-completed' | 'inconclusive' | 'not-compared';
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
 * With a gate a case fails exactly where something keeps the gate from passing. Without one it fails where head is worse or did not finish, as
 * nobody would write tests down to see none of them fail. A case is skipped where the verdict is inconclusive or there
 * is nothing to compare with; it passes otherwise. No CI system fails a job because of the file: the exit code does.
 *
 * @source Jenkins' JUnit schema (junit-10.xsd); GitLab, "Unit test reports": equal names are shown as one
 */
export function renderJunit(comparison: Comparison, gate: Gate | undefined): string {
  const cases = testCases(comparison, gate);
  const byWorkload = new Map<string, TestCase[]>();
  for (const one of cases) {
    const own = byWorkload.get(one.workload);
    if (own) own.push(one);
    else byWorkload.set(one.workload, [one]);
  }
  const suites = [...byWorkload].map(([workload, own]) => renderSuite(workload, own, comparison));
  const attributes = xmlAttributes({ name: 'qtune compare', ...countsOf(cases), time: 0 });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites${attributes}>\n${suites.join('')}</testsuites>\n`;
}

function testCases(comparison: Comparison, gate: Gate | undefined): readonly TestCase[] {
  const metrics = new Map(metricsOf(comparison).map((metric) => [metric.name, metric]));
  const findings = new GateFindings(gate);
  const compared = comparison.cells.flatMap((cell): readonly TestCase[] => {
    const metric = metrics.get(cell.metric);
    if (metric === undefined) return [];
    const finding = findings.of(cell.cell, cell.metric);
    return [comparedCase(cell, metric, gate === undefined ? failureWithoutGate(cell) : finding)];
  });
  const others = comparison.unmatched.map((entry): TestCase => {
    const { cell, workload, side, state, reason } = entry;
    const unfinished = gate === undefined && side === 'base' && state === 'not-completed';
    const type = unfinished ? state : findings.of(cell, null)?.kind;
    const outcome = type === undefined ? skipped(reason) : failure(type, reason);
    return { workload, name: configurationOf(entry), outcome, text: reason };
  });
  const beside = findings.beside(comparison).map(({ cell, metric, kind, reason }): TestCase => {
    const name = [cell, metric].filter((part) => part !== null).join(' ');
    return { workload: 'gate', name: name === '' ? 'all' : name, outcome: failure(kind, reason), text: reason };
  });
  return [...compared, ...others, ...beside];
}

function failureWithoutGate({ verdict }: ComparedCell): Pick<GateFinding, 'kind' | 'reason'> | undefined {
  return verdict === 'worse' ? { kind: 'loss', reason: verdict } : undefined;
}

function comparedCase(
  cell: ComparedCell,
  metric: Metric,
  finding: Pick<GateFinding, 'kind' | 'reason'> | undefined,
): TestCase {
  const figures = figuresOf(cell, metric);
  const text = `${cell.verdict}: ${figures}`;
  const base = { workload: cell.workload, name: `${configurationOf(cell)} ${cell.metric}`, text };
  if (finding) {
    // The reason of a loss only says again what the figures do.
    const message = finding.kind === 'loss' ? figures : `${finding.reason}; ${figures}`;
    return { ...base, outcome: failure(finding.kind, message) };
  }
  if (cell.verdict !== 'inconclusive') return base;
  return { ...base, outcome: skipped(`inconclusive: ${cell.reason ?? 'not enough evidence'}`) };
}

function failure(kind: GateFinding['kind'], message: string): Outcome {
  return { element: 'failure', type: kind === 'loss' ? 'worse' : kind, message };
}

function skipped(message: string): Outcome {
  return { element: 'skipped', message };
}

function renderSuite(workload: string, cases: readonly TestCase[], { head }: Comparison): string {
  const name = stableName(workload);
  const started = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.exec(head.startedAt)?.[0];
  const skippedCount = cases.filter((one) => one.outcome?.element === 'skipped').length;
  const counts = { ...countsOf(cases), skipped: skippedCount };
  const attributes = xmlAttributes({ name, ...counts, time: 0, timestamp: started });
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
