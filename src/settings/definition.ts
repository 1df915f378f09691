import type { SettingScope } from './configuration.ts';
import type { QemuVersion } from './qemu-version.ts';

/** One spelling of a choice. */
export interface Choice {
  readonly value: string;
  /** Other spellings that QEMU reads as the same. */
  readonly aliases?: readonly string[];
  /** First QEMU version that knows it, where later than the option itself. */
  readonly since?: QemuVersion;
}

/** What values an option takes, and how QEMU reads them. */
export type SettingDomain =
  /** Bytes with QEMU's suffixes. */
  | { readonly kind: 'size' }
  /** A whole number without suffix; decimal, `0x` hexadecimal or octal with a leading zero, as C reads it. */
  | { readonly kind: 'number' }
  /** `on yes true y` and `off no false n`. */
  | {
      readonly kind: 'switch';
      /** Only `on` and `off` are read. */
      readonly strict?: boolean;
    }
  | {
      readonly kind: 'choice';
      readonly choices: readonly Choice[];
      /** QEMU's text for a value that is none of them. */
      readonly refusal: (value: string) => string;
    }
  | { readonly kind: 'text' };

/** One option of QEMU, create-time or run-time: everything that parsing, help, sweeps and version checks need. */
export interface SettingDefinition {
  /** QEMU's own spelling. */
  readonly name: string;
  readonly scope: SettingScope;
  readonly domain: SettingDomain;
  /** The value without the option, in words where it depends on others. */
  readonly default: string;
  /** First QEMU version that has it. */
  readonly since: QemuVersion;
  /** What it does, one sentence. */
  readonly does: string;
  /** What it costs: memory, space, time or safety. */
  readonly costs: string;
  /** Where that is known from. */
  readonly source: string;
}

/** `v(7, 2)` */
export function v(major: number, minor: number): QemuVersion {
  return { major, minor };
}
