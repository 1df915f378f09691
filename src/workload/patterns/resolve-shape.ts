import { UsageError } from '../../errors.ts';
import { formatBytes } from '../../units/bytes.ts';
import type { ProfileStream } from '../profile.ts';
import { recordCount, type StreamSpec } from '../stream.ts';
import type { PatternShape, PatternZone } from './pattern.ts';

type Shaped = Pick<StreamSpec, 'hotRunBytes' | 'shape'>;

/**
 * What a pattern with keys of its own makes of them; nothing for the others, whose identity stays what it was.
 *
 * @param stream as the profile has it
 * @param spec the same stream, resolved but for this
 * @throws UsageError for a zone that is shorter than a record or ends behind the area
 */
export function resolveShape(stream: ProfileStream, spec: StreamSpec, where: string): Partial<Shaped> {
  switch (stream.pattern) {
    case 'pareto':
      return { hotRunBytes: stream.hotRun ?? spec.alignBytes, shape: { hotShare: stream.hotShare } };
    case 'hotspot': {
      const shape: PatternShape = { hotRequestRatio: stream.hotRequests, hotAreaRatio: stream.hotArea };
      return { hotRunBytes: stream.hotRun ?? spec.spanBytes, shape };
    }
    case 'normal':
      return { shape: { center: stream.center, deviation: stream.deviation } };
    case 'zoned':
      return { shape: { zones: resolveZones(stream.zones, spec, where) } };
    default:
      return {};
  }
}

function resolveZones(
  zones: Extract<ProfileStream, { pattern: 'zoned' }>['zones'],
  spec: StreamSpec,
  where: string,
): readonly PatternZone[] {
  const { spanBytes, alignBytes } = spec;
  const lastRecord = recordCount(spec);
  let endBytes = 0;
  return zones.map(({ requests, area }, index) => {
    const startBytes = endBytes;
    endBytes += 'bytes' in area ? area.bytes : area.ratio * spanBytes;
    // Shares of 10 % and their like are no exact numbers; their sum may be a little more than all.
    if (endBytes > spanBytes * (1 + 1e-9)) {
      throw new UsageError(`${where}: its zones are longer than its area of ${formatBytes(spanBytes)}`);
    }
    const fromRecord = Math.min(Math.round(startBytes / alignBytes), lastRecord);
    const toRecord = Math.min(Math.round(endBytes / alignBytes), lastRecord);
    if (toRecord <= fromRecord) throw new UsageError(`${where}: zone ${index + 1} is shorter than a record`);
    return { fromRecord, toRecord, weight: requests };
  });
}
