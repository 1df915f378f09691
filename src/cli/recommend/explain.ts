import { explain, explainable } from '../../advisor/explain/explain.ts';
import { modelHost } from '../../advisor/ranking/rank.ts';
import { InterruptedError } from '../../errors.ts';
import { catalogue } from '../../settings/catalogue.ts';
import { flag } from '../args.ts';
import { ExitCode } from '../exit-code.ts';
import type { Host } from '../host.ts';
import { costProfiles } from '../run/cost-profiles.ts';
import { adviceRequest } from './request.ts';

type Args = Readonly<Record<string, unknown>>;

/** The disk of an explanation that nobody named one for: large enough that QEMU's default cache does not cover it. */
const exampleDisk = '1T';

/**
 * `recommend --explain NAME`: teaches one setting for the disk and workload that the other options say, or for an example.
 * @throws UsageError for a name that is none, and as `recommend` for the options
 */
export async function explainSetting(name: string, args: Args, host: Host): Promise<ExitCode> {
  if (name === 'list') return listSettings(args, host);
  explainable(name);
  const own = args.disk === undefined && args.image === undefined ? { ...args, disk: exampleDisk } : args;
  const request = await adviceRequest(own, host);
  const costs = costProfiles(host);
  const [direct, buffered] = [await costs('direct', 'io_uring'), await costs('buffered', 'io_uring')];
  const model = modelHost(request.qemu);
  const lab = {
    request,
    basis: { profile: direct.profile, host: model },
    bufferedBasis: { profile: buffered.profile, host: model },
  };
  // A signal that came meanwhile has its turn.
  await new Promise((resolve) => setImmediate(resolve));
  if (host.signal.aborted) throw new InterruptedError();
  const explanation = explain(name, lab, direct.warning?.message);
  if (flag(args, 'json')) {
    const { explanationDocument } = await import('../../report/explain-json.ts');
    const { printJson } = await import('../print-json.ts');
    printJson(host, explanationDocument(explanation));
  } else {
    const { renderExplanation } = await import('../../report/explain.ts');
    host.stdout.write(renderExplanation(explanation, host.stdout.columns));
  }
  return ExitCode.ok;
}

async function listSettings(args: Args, host: Host): Promise<ExitCode> {
  if (flag(args, 'json')) {
    const { settingListDocument } = await import('../../report/explain-json.ts');
    const { printJson } = await import('../print-json.ts');
    printJson(host, settingListDocument(catalogue));
  } else {
    const { renderSettingList } = await import('../../report/explain.ts');
    host.stdout.write(renderSettingList(catalogue, host.stdout.columns));
  }
  return ExitCode.ok;
}
