import type { Environment } from '../executable.ts';

/**
 * Variables that change what QEMU's daemon or fio's NBD client do: descriptors that a service manager is said to have
 * handed over, debugging output of libnbd, abortion on warnings of GLib.
 * @source sd_listen_fds(3); libnbd(3), LIBNBD_DEBUG; GLib, Running GLib Applications
 */
const meddling = /^(?:LISTEN_(?:FDS|PID|FDNAMES)|LIBNBD_.*|G_DEBUG|G_MESSAGES_DEBUG)$/;

/** The environment without what would change how a helper serves or measures. */
export function daemonEnvironment(env: Environment | undefined): Environment | undefined {
  return env && Object.fromEntries(Object.entries(env).filter(([name]) => !meddling.test(name)));
}
