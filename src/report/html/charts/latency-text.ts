import { formatDuration } from '../../../units/duration.ts';

/** A latency of three digits: microseconds below a millisecond, where most are. */
export function formatLatency(ms: number): string {
  if (ms >= 0.9995) return formatDuration(ms);
  const digits = Number((ms * 1000).toPrecision(3));
  return `${digits} µs`;
}
