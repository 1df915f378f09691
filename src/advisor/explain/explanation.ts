import type { SettingScope, SettingValue } from '../../settings/configuration.ts';
import type { AdviceRequest } from '../advice-request.ts';
import type { Lab } from './lab/lab.ts';

/** A default and the versions of QEMU that have it. */
export interface VersionedDefault {
  /** `3.1 and later`, `2.2 to 3.0`. */
  readonly versions: string;
  readonly value: string;
  readonly source: string;
}

/** What happens to the disk, or to its data, in four situations that settings are forgotten in; a sentence or two each. */
export interface Hazards {
  readonly powerCut: string;
  readonly olderVersions: string;
  readonly snapshot: string;
  readonly discard: string;
}

/** What a chart's values are; text and JSON write them accordingly. */
export type ChartUnit = 'bytes' | 'count' | 'perSecond' | 'ratio';

export interface ChartSeries {
  readonly name: string;
  /** One for each label; null where there is none. */
  readonly values: readonly (number | null)[];
}

/** A figure of the model or of arithmetic; never drawn by hand. */
export interface ExplainChart {
  readonly title: string;
  /** `lines` where the labels are steps of one quantity, `bars` where they are things apart. */
  readonly shape: 'lines' | 'bars';
  readonly unit: ChartUnit;
  /** `counted`: by the model of QEMU's driver, exact at queue depth 1. `predicted`: those counts times costs. `computed`: arithmetic. */
  readonly source: 'counted' | 'predicted' | 'computed';
  readonly labels: readonly string[];
  readonly series: readonly ChartSeries[];
  /** What was run or computed, and how to read it. */
  readonly about: string;
}

/** One value of the setting on this disk. Bytes are exact. */
export interface ValueCost {
  /** As QEMU writes it. */
  readonly value: string;
  readonly isDefault: boolean;
  /** QEMU's reason where this disk, version or target cannot have the value; the figures are absent then. */
  readonly refused?: string;
  readonly figures?: ValueFigures;
}

export interface ValueFigures {
  /** L2 and refcount cache of the image when full. */
  readonly memoryBytes: number;
  /** Part of the disk that the L2 cache maps. */
  readonly coveredBytes: number;
  /** What an L2 miss reads and a changed entry writes. */
  readonly l2EntryBytes: number;
  /** Header, L1, L2 and refcounts of the fully allocated image. */
  readonly metadataBytes: number;
  /** What the new image takes of the host's disk before the guest writes. */
  readonly createdBytes: number;
  /** The least that a first write takes from the host's disk. */
  readonly allocationUnitBytes: number;
}

/** Everything that is taught of a setting, whatever the disk. */
export interface Topic {
  /** What it is and how QEMU uses it. */
  readonly what: string;
  readonly defaults: readonly VersionedDefault[];
  /** Values to set side by side; the default among them. */
  readonly values: readonly SettingValue[];
  /** The value among them that QEMU has where nothing is said. */
  readonly defaultValue?: SettingValue;
  /** Settings that have to stand beside it, by value. */
  readonly with?: (value: SettingValue) => { readonly create?: Settings; readonly drive?: Settings };
  readonly helps: string;
  readonly useless: string;
  readonly hazards: Hazards;
  /** Commands that show the value of an image or of a running disk. */
  readonly see: readonly string[];
  readonly change: readonly string[];
  readonly sources: readonly string[];
  charts(lab: Lab): readonly ExplainChart[];
}

type Settings = Readonly<Record<string, SettingValue>>;

/** One setting, taught for one disk. Plain data: the same request gives the same explanation. */
export interface Explanation {
  readonly setting: string;
  readonly scope: SettingScope;
  /** What values it takes, in words. */
  readonly domain: string;
  /** First version of QEMU that has it. */
  readonly since: string;
  readonly request: Pick<AdviceRequest, 'diskBytes' | 'hasBacking' | 'traits'>;
  readonly topic: Omit<Topic, 'charts' | 'values' | 'with' | 'defaultValue'>;
  readonly costs: readonly ValueCost[];
  readonly charts: readonly ExplainChart[];
  /** The costs behind predicted figures; absent where nothing was predicted. */
  readonly profile: { readonly name: string; readonly warning?: string } | undefined;
}
