import { appendFileSync, statSync } from 'node:fs';
import { EnvironmentError } from '../../errors.ts';
import type { Comparison } from '../../report/comparison.ts';
import { githubOutputs, renderGithub } from '../../report/formats/github.ts';
import { renderMarkdown } from '../../report/formats/markdown.ts';
import type { Gate } from '../../report/gate.ts';
import type { Host } from '../host.ts';

/** A longer summary is not shown at all. @source GitHub, "Workflow commands", "Step isolation and limits" */
const longestSummaryBytes = 1024 * 1024;

/**
 * Log and annotations go to standard output; where GitHub Actions runs this, the Markdown is appended to the step's
 * summary and `verdict`, `gate` and `failed-count` to its outputs.
 *
 * @throws EnvironmentError where a file that GitHub names cannot be written
 */
export async function writeForGithub(host: Host, comparison: Comparison, gate: Gate | undefined): Promise<void> {
  host.stdout.write(renderGithub(comparison, gate));
  const { GITHUB_STEP_SUMMARY: summary, GITHUB_OUTPUT: outputs } = host.env;
  if (summary) {
    const text = renderMarkdown(comparison, gate);
    const before = statSync(summary, { throwIfNoEntry: false })?.size ?? 0;
    if (before + Buffer.byteLength(text) <= longestSummaryBytes) append('GITHUB_STEP_SUMMARY', summary, text);
    else host.stderr.write("qtune: the step's summary is full, this comparison is not in it\n");
  }
  if (outputs) append('GITHUB_OUTPUT', outputs, githubOutputs(comparison, gate));
}

function append(variable: string, path: string, text: string): void {
  try {
    appendFileSync(path, text);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    throw new EnvironmentError(`the file that ${variable} names cannot be written (${code})`, { cause: error });
  }
}
