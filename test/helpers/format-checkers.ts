import { spawnSync } from 'node:child_process';

/** Debian's packages of the programs that check formats and examples. */
export const checkerPackages = ['cmark-gfm', 'libxml2-utils', 'parallel', 'python3-prometheus-client'] as const;

/** The system's Python, which sees what the system's packages brought; another one first in PATH does not. */
export const systemPython = '/usr/bin/python3';

/** GNU parallel, for the example that uses it; Debian's `moreutils` has another program of the name. */
export function hasGnuParallel(): boolean {
  return spawnSync('parallel', ['--version'], { encoding: 'utf8' }).stdout?.startsWith('GNU parallel') === true;
}

/** Whether GitHub's own parser of Markdown is there. */
export function hasCmarkGfm(): boolean {
  return spawnSync('cmark-gfm', ['--version']).status === 0;
}

export function hasXmllint(): boolean {
  return spawnSync('xmllint', ['--version']).status === 0;
}

/** Whether Prometheus' own parser of OpenMetrics is there. */
export function hasOpenMetricsParser(): boolean {
  return spawnSync(systemPython, ['-c', 'import prometheus_client.openmetrics.parser']).status === 0;
}
