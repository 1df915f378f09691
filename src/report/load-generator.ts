import type { EngineDescription } from '../engine/engine.ts';
import { formatDuration } from '../units/duration.ts';
import { formatCount } from '../units/rate.ts';
import { printable } from './printable.ts';

/**
 * What made the load of a journal's trials and what it costs by itself, in words; undefined where the engine did that itself
 * or the journal does not say it in this form.
 */
export function describeLoadGenerator({ fio }: Pick<EngineDescription, 'fio'>): string | undefined {
  if (typeof fio !== 'object' || fio === null || !Array.isArray(fio.nullDevice)) return undefined;
  const costs = fio.nullDevice.flatMap((figures) =>
    Number.isFinite(figures?.iops) && Number.isFinite(figures.meanMs) && Number.isFinite(figures.iodepth)
      ? [
          `${formatCount(figures.iops)} IOPS and ${formatDuration(figures.meanMs)} a request at depth ${figures.iodepth}`,
        ]
      : [],
  );
  const cost = costs.length === 0 ? '' : `; on a device that answers at once ${costs.join(', ')}`;
  return `fio ${printable(String(fio.version), 40)} over ${printable(String(fio.export), 10)}${cost}`;
}
