/** Powers of 1024, or with a `B` behind of 1000. */
const prefixes = 'kmgtpe';

/**
 * A size as libvirt reads it: a whole number and a unit, where `KiB` and `K` are 1024 and `KB` is 1000. Undefined for what it would refuse,
 * and for 2^53 bytes and more.
 * @source libvirt src/util/virutil.c, virScaleInteger
 */
export function readScaledBytes(text: string, unit: string | undefined): number | undefined {
  if (!/^\d{1,19}$/.test(text)) return undefined;
  const scale = scaleOf((unit ?? 'bytes').toLowerCase());
  const bytes = scale === undefined ? Number.NaN : Number(text) * scale;
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

function scaleOf(unit: string): number | undefined {
  if (unit === '' || unit === 'b' || unit === 'byte' || unit === 'bytes') return 1;
  const power = prefixes.indexOf(unit.charAt(0)) + 1;
  if (power === 0) return undefined;
  const rest = unit.slice(1);
  if (rest === '' || rest === 'ib') return 1024 ** power;
  return rest === 'b' ? 1000 ** power : undefined;
}
