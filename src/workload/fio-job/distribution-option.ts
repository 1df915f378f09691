import type { Distribution, PerOperation, Zone } from './fio-job.ts';
import { parseAmount, parseWhole, type UnitBase } from './units.ts';

const maximumZoneCount = 256;
/** Above it the powers leave the range of numbers. */
const maximumTheta = 40;

/**
 * Reads `random_distribution`.
 *
 * @param fail called with what is wrong; it throws
 * @source fio HOWTO, "random_distribution"; defaults from fio 3.33: zipf 1.1, pareto 0.2
 */
export function parseDistribution(text: string, base: UnitBase, fail: (message: string) => never): Distribution {
  const colon = text.indexOf(':');
  const name = (colon === -1 ? text : text.slice(0, colon)).trim();
  const rest = colon === -1 ? '' : text.slice(colon + 1).trim();
  if (name === 'random') return { kind: 'random' };
  if (name === 'zoned' || name === 'zoned_abs') {
    return { kind: 'zoned', zones: parseZones(rest, name === 'zoned_abs', base, fail) };
  }
  const [valueText = '', centerText, more] = rest.split(':');
  if (more !== undefined) fail(`"${rest}" has more than a value and a center`);
  const number = (given: string, what: string): number =>
    /^\d{0,9}(\.\d{1,15})?$/.test(given) && given !== '' ? Number(given) : fail(`"${given}" is no ${what}`);
  const value = (otherwise: number): number => (valueText === '' ? otherwise : number(valueText, 'number'));
  const center = centerText === undefined ? undefined : number(centerText, 'center');
  if (center !== undefined && center > 1) fail(`the center ${centerText} is not between 0 and 1`);
  const centered = center === undefined ? {} : { center };
  if (name === 'zipf') {
    const theta = value(1.1);
    if (theta === 1 || theta <= 0 || theta > maximumTheta)
      fail(`zipf's theta must be above 0, at most ${maximumTheta} and not 1`);
    return { kind: 'zipf', theta, ...centered };
  }
  if (name === 'pareto') {
    const h = value(0.2);
    if (h <= 0 || h >= 1) fail("pareto's value must be between 0 and 1");
    return { kind: 'pareto', h, ...centered };
  }
  if (name !== 'normal') return fail(`the distribution "${name}" is unknown`);
  const deviation = value(0);
  if (deviation >= 100) fail("normal's deviation must be below 100");
  return { kind: 'normal', deviation, ...centered };
}

function parseZones(
  text: string,
  absolute: boolean,
  base: UnitBase,
  fail: (message: string) => never,
): PerOperation<readonly Zone[]> {
  return perOperationLists(text, (list) => {
    const zones = list
      .split(':')
      .filter((part) => part !== '')
      .map((part) => {
        const [access = '', size] = part.split('/', 2);
        const accessPercent = parseWhole(access, base);
        if (accessPercent === undefined) return fail(`"${part}" is not written as access/size`);
        return { accessPercent, size: zoneSize(part, size, absolute, base, fail) };
      });
    if (zones.length === 0) fail('there are no zones');
    if (zones.length > maximumZoneCount) fail(`more than ${maximumZoneCount} zones`);
    const access = zones.reduce((sum, zone) => sum + zone.accessPercent, 0);
    if (access !== 100) fail(`the access shares of the zones add up to ${access} %, not to 100`);
    return spread(zones, fail);
  });
}

function zoneSize(
  part: string,
  text: string | undefined,
  absolute: boolean,
  base: UnitBase,
  fail: (message: string) => never,
): Zone['size'] | undefined {
  const amount = text === undefined ? undefined : parseAmount(text, base);
  if (text !== undefined && (amount === undefined || 'percent' in amount))
    fail(`"${part}" is not written as access/size`);
  const value = amount !== undefined && 'bytes' in amount ? amount.bytes : 0;
  if (absolute) return { bytes: value };
  return value === 0 ? undefined : { percent: Math.min(value, 100) };
}

/** Zones without a size share what the others leave. */
function spread(
  zones: readonly { readonly accessPercent: number; readonly size: Zone['size'] | undefined }[],
  fail: (message: string) => never,
): readonly Zone[] {
  const given = zones.reduce((sum, { size }) => sum + (size !== undefined && 'percent' in size ? size.percent : 0), 0);
  if (given > 100) fail(`the sizes of the zones add up to ${given} %`);
  const openCount = zones.filter(({ size }) => size === undefined).length;
  return zones.map(({ accessPercent, size }) => ({
    accessPercent,
    size: size ?? { percent: Math.floor((100 - given) / openCount) },
  }));
}

/**
 * A list for reads, writes and trims each from a text whose commas part them: one is for all, the second of two also for
 * trims. @source fio 3.33, options.c, str_split_parse
 */
export function perOperationLists<Value>(text: string, parse: (list: string) => Value): PerOperation<Value> {
  const [read = '', write = read, trim = write] = text.split(',');
  return [parse(read), parse(write), parse(trim)];
}
