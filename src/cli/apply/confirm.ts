import { InterruptedError, UsageError } from '../../errors.ts';
import type { Host } from '../host.ts';
import type { ApplySettings } from './settings.ts';

/** `--yes`, or what a person at the terminal says. @throws UsageError where nobody can be asked */
export async function isWanted(settings: ApplySettings, host: Host): Promise<boolean> {
  if (settings.isConfirmed) return true;
  if (host.ask === undefined) {
    throw new UsageError('--yes is missing: there is no terminal to ask at; nothing was changed', {
      hint: 'Look at the change with --dry-run, and say --yes to have it made.',
    });
  }
  const answer = await host.ask('Change these settings of the running disk? [y/N] ');
  if (host.signal.aborted) throw new InterruptedError();
  return /^\s*y(?:es)?\s*$/i.test(answer);
}
