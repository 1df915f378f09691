import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import type { Host } from './host.ts';

/**
 * Where qtune keeps what must outlast a run: `qtune/NAME` in $XDG_STATE_HOME, or in ~/.local/state where that is unset or relative.
 * @source XDG Base Directory Specification 0.8
 */
export function stateDirectory({ env }: Pick<Host, 'env'>, name: string): string {
  const state = env.XDG_STATE_HOME;
  const base = state !== undefined && isAbsolute(state) ? state : join(env.HOME || homedir(), '.local', 'state');
  return join(base, 'qtune', name);
}
