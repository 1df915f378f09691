import type { Host } from './host.ts';

/** Writes one document as `--json` promises: two spaces of indent, a newline at the end, nothing else on standard output. */
export function printJson(host: Host, document: { readonly schema: string }): void {
  host.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
}
