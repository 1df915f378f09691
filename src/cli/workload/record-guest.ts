import { InputError } from '../../errors.ts';
import { printable } from '../../report/printable.ts';
import { loadProfile } from '../../workload/load-profile.ts';
import { resolveWorkload } from '../../workload/resolve-workload.ts';
import { defaultTraceOptions } from '../../workload/trace/trace-options.ts';
import { ExitCode } from '../exit-code.ts';
import type { Host } from '../host.ts';
import { printJson } from '../print-json.ts';
import { measureWorkload } from './measure-workload.ts';
import { NewTrace } from './new-trace.ts';

/** A guest's requests in the log of its QEMU. */
export interface GuestLog {
  /** The file, as the user named it. */
  readonly log: string;
  /** The disk of the guest to take, as the log names it. */
  readonly device: string | undefined;
  readonly name: string;
  readonly out: string;
}

const howToStart =
  "Start QEMU with: -trace 'blk_co_p*' -D FILE -msg timestamp=on. The log holds reads and writes; QEMU has no such event for flushes and discards.";

/** Takes the trace of a guest from QEMU's log, which may still grow: what is in it now is taken. */
export async function recordGuest(guest: GuestLog, json: boolean, host: Host): Promise<ExitCode> {
  const { log, device, name, out } = guest;
  const trace = await NewTrace.prepare(host, out);
  const options = { ...defaultTraceOptions, format: 'qemu-log' as const, ...(device === undefined ? {} : { device }) };
  const profile = { ...(await loadProfile(log, host.cwd, undefined, options, host.signal)), name };
  const workload = resolveWorkload(profile, {});
  if (workload.requestCount === 0) {
    throw new InputError({ file: printable(log) }, 'it holds no request', { hint: howToStart });
  }
  await trace.write(workload.requests());
  const report = await measureWorkload(profile, workload, host);
  if (json) {
    printJson(host, report);
  } else {
    const { renderStatistics } = await import('../../report/workload-stats-text.ts');
    host.stdout.write(renderStatistics(report));
    host.stderr.write(`${printable(out)}: ${workload.requestCount.toLocaleString('en-US')} requests\n`);
  }
  return ExitCode.ok;
}
