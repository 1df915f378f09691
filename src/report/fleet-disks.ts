import { emptyFacts } from '../fleet/disk-groups.ts';
import { emptyState, expectedBytes, missesAt, stateOf } from '../fleet/disk-state.ts';
import { type Fleet, rowName } from '../fleet/fleet.ts';
import type { FleetSplit } from '../fleet/split/split-fleet.ts';

export type DiskListFormat = 'csv' | 'jsonl';

/** Text that is collected before it is written. */
const partLength = 256 * 1024;

/**
 * Every disk of a fleet with its cache today, its working set and, with a budget, its share: a million rows go through in
 * parts. Disks of one group have the same figures, so these are written once and copied.
 */
export async function* diskList(
  fleet: Fleet,
  split: FleetSplit | undefined,
  format: DiskListFormat,
): AsyncGenerator<Buffer, void, undefined> {
  const keys = [
    'name',
    'host',
    'memoryBytes',
    'expectedBytes',
    'workingSetBytes',
    'missesPerSecond',
    ...(split ? ['l2CacheBytes', 'splitMissesPerSecond'] : []),
  ];
  let text = format === 'csv' ? `${keys.join(',')}\n` : '';
  const figures = figuresByGroup(fleet, split);
  const [facts, state] = [emptyFacts(), emptyState()];
  for (let row = 0; row < fleet.rowCount; row++) {
    const group = fleet.groupOfRow[row] as number;
    const values = figures(group, facts, state);
    const name = rowName(fleet, row);
    const host = fleet.hosts.text(facts.host);
    if (format === 'csv') text += `${csvField(name)},${csvField(host)},${values.join(',')}\n`;
    else
      text += `${JSON.stringify(Object.fromEntries([name, host, ...values].map((value, at) => [keys[at], value])))}\n`;
    if (text.length < partLength) continue;
    yield Buffer.from(text);
    text = '';
  }
  yield Buffer.from(text);
}

function figuresByGroup(fleet: Fleet, split: FleetSplit | undefined) {
  return (
    group: number,
    facts: ReturnType<typeof emptyFacts>,
    state: ReturnType<typeof emptyState>,
  ): readonly number[] => {
    fleet.groups.read(group, facts);
    const curve = fleet.curves.at(facts.curve);
    stateOf(facts, curve, state);
    const values = [
      state.worstBytes,
      expectedBytes(facts, state, curve),
      state.needBytes,
      rounded(missesAt(facts, state, curve, state.l2Bytes)),
    ];
    if (split === undefined) return values;
    const cache = split.cacheBytes[group] as number;
    return [...values, cache, rounded(missesAt(facts, state, curve, cache))];
  };
}

function rounded(value: number): number {
  return Number(value.toPrecision(6));
}

/** RFC 4180; what a spreadsheet would take for a formula gets an apostrophe. */
function csvField(text: string): string {
  const safe = /^[=+@\t\r-]/.test(text) ? `'${text}` : text;
  return /[",\r\n;]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
