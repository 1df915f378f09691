/** One option of QEMU's command line. */
export interface CommandOption {
  /** Without its dashes; `hda` for a file name that stands alone. */
  readonly name: string;
  /** Empty where the option takes none. */
  readonly value: string;
}

/** Options that take no value. @source QEMU qemu-options.hx (7.2 and 10.0), those without HAS_ARG */
const withoutValue = new Set(
  (
    'h help version S s snapshot no-fd-bootchk full-screen win2k-hack no-acpi no-hpet alt-grab ctrl-grab no-quit sdl nographic ' +
    'enable-kvm no-kvm no-shutdown no-reboot daemonize singlestep one-insn-per-tick only-migratable no-user-config nodefaults ' +
    'usb mem-prealloc enable-sync-profile enable-fips preconfig xen-attach xen-domid-restrict portrait old-param semihosting ' +
    'curses perfmap jitdump async-teardown nouserconfig'
  ).split(' '),
);

const program = /(^|\/)(qemu-system-[\w-]+|qemu-kvm|kvm|qemu-storage-daemon|qemu)(\.bin)?$/;

/**
 * Where the options of QEMU begin: behind its name, or at the first word where that is an option. Undefined where neither is there:
 * wrappers such as `sudo` and `taskset -c 1` may stand before.
 */
export function optionsStart(words: readonly string[]): number | undefined {
  const name = words.findIndex((word) => program.test(word));
  if (name >= 0) return name + 1;
  return words[0]?.startsWith('-') ? 0 : undefined;
}

/** The options in their order. One or two dashes are the same. */
export function commandOptions(words: readonly string[]): readonly CommandOption[] {
  const options: CommandOption[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as string;
    const name = /^--?([^-].*)$/.exec(word)?.[1];
    if (name === undefined) {
      if (word !== '') options.push({ name: 'hda', value: word });
      continue;
    }
    const takesValue = !withoutValue.has(name);
    options.push({ name, value: takesValue ? (words[at + 1] ?? '') : '' });
    if (takesValue) at++;
  }
  return options;
}
