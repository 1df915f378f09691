/** The value of one option. Sizes are bytes, switches booleans, everything else QEMU's own spelling. */
export type SettingValue = number | boolean | string;

/** Options by QEMU's name (`cluster_size`, `l2-cache-size`). An absent key means QEMU's default. */
export type SettingValues = Readonly<Record<string, SettingValue>>;

/** One way to set up a disk: what `qemu-img create -o` and `-drive` would be given, and a name for tables. */
export interface Configuration {
  /** Unique within a plan, made of the settings that differ, e.g. `cluster_size=64K l2-cache-size=1M`; or `default`. */
  readonly label: string;
  readonly create: SettingValues;
  readonly drive: SettingValues;
}

/** Where one of the two option lists of a configuration is meant. */
export type SettingScope = 'create' | 'drive';
