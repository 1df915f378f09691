import { UsageError } from '../errors.ts';

const factors: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, min: 60_000, h: 3_600_000 };

/**
 * Reads a duration into milliseconds: `60s`, `500ms`, `5m`, `1h`; a bare number is seconds.
 * @throws UsageError for anything else, and for zero
 */
export function parseDuration(text: string, what: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|min|h)?$/.exec(text.trim());
  const factor = factors[match?.[2] ?? 's'];
  const value = Number(match?.[1]);
  if (!match || factor === undefined || !(value > 0)) {
    throw new UsageError(`${what}: "${text}" is not a duration`, { hint: 'Write it as 60s, 500ms, 5m or 1h.' });
  }
  return value * factor;
}

/** A duration for people: `0.42 ms`, `850 ms`, `12.3 s`, `4 min 05 s`, `2 h 10 min`. */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms)) return String(ms);
  if (ms < 0.9995) return `${Number(ms.toPrecision(2))} ms`;
  if (ms < 9.995) return `${ms.toFixed(2)} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}
