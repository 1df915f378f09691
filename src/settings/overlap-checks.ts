import type { SettingValues } from './configuration.ts';

/** The nine kinds of metadata that a write can be checked against, by option suffix, in the order of QEMU's bits 0 … 8. */
export const overlapCheckNames = [
  'main-header',
  'active-l1',
  'active-l2',
  'refcount-table',
  'refcount-block',
  'snapshot-table',
  'inactive-l1',
  'inactive-l2',
  'bitmap-directory',
] as const;
export type OverlapCheckName = (typeof overlapCheckNames)[number];

/** The named sets of checks. */
export const overlapTemplates = ['none', 'constant', 'cached', 'all'] as const;
export type OverlapTemplate = (typeof overlapTemplates)[number];

const constant: readonly OverlapCheckName[] = [
  'main-header',
  'active-l1',
  'refcount-table',
  'snapshot-table',
  'bitmap-directory',
];
const members: Readonly<Record<OverlapTemplate, readonly OverlapCheckName[]>> = {
  none: [],
  constant,
  cached: [...constant, 'active-l2', 'refcount-block', 'inactive-l1'],
  all: overlapCheckNames,
};

/** QEMU's template where neither option names one. */
export const defaultOverlapTemplate: OverlapTemplate = 'cached';

/** The template that the settings name, `cached` where they name none. */
export function overlapTemplateOf(drive: SettingValues): OverlapTemplate {
  const given = drive['overlap-check'] ?? drive['overlap-check.template'];
  return overlapTemplates.find((template) => template === given) ?? defaultOverlapTemplate;
}

/**
 * The checks that QEMU makes before each write: those of the template, then each single switch on top.
 * `overlap-check=none,overlap-check.active-l2=on` gives `active-l2` alone.
 * @source QEMU block/qcow2.h, QCOW2_OL_*; block/qcow2.c, qcow2_update_options_prepare
 */
export function overlapChecks(drive: SettingValues): ReadonlySet<OverlapCheckName> {
  const chosen = new Set(members[overlapTemplateOf(drive)]);
  for (const name of overlapCheckNames) {
    const single = drive[`overlap-check.${name}`];
    if (single === true) chosen.add(name);
    if (single === false) chosen.delete(name);
  }
  return chosen;
}
