import type { Comparison } from '../comparison.ts';
import type { Gate } from '../gate.ts';

/** The document of `compare --json`, two spaces of indent, a newline at the end. */
export function renderJson(comparison: Comparison, gate: Gate | undefined): string {
  return `${JSON.stringify(gate ? { ...comparison, gate } : comparison, null, 2)}\n`;
}
