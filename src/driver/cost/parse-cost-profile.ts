import { type CostProfile, costProfileSchema, cpuKinds, hostIoKinds } from './cost-profile.ts';

/**
 * Checks data read from a file, by hand: the schema library is slow to load, and a profile is read on the way to a
 * prediction.
 * @returns the profile, or what is wrong with it
 */
export function parseCostProfile(data: unknown): CostProfile | { readonly wrong: string } {
  try {
    return check(data);
  } catch (error) {
    if (error instanceof Mismatch) return { wrong: error.message };
    throw error;
  }
}

class Mismatch extends Error {}

function check(data: unknown): CostProfile {
  const profile = objectOf(data, 'profile');
  if (profile.schema !== costProfileSchema) throw new Mismatch(`schema is not ${costProfileSchema}`);
  for (const key of ['name', 'source', 'fileSystem']) {
    if (typeof profile[key] !== 'string') throw new Mismatch(`${key} is not a text`);
  }
  for (const key of ['measuredAt', 'qemu']) {
    if (profile[key] !== null && typeof profile[key] !== 'string') throw new Mismatch(`${key} is not a text or null`);
  }
  oneOf(profile.cache, ['direct', 'buffered'], 'cache');
  oneOf(profile.aio, ['io_uring', 'native', 'threads'], 'aio');
  const locality = objectOf(profile.locality, 'locality');
  number(locality.regionBytes, 'locality.regionBytes', 1);
  number(locality.regions, 'locality.regions', 0);
  const io = objectOf(profile.io, 'io');
  for (const kind of hostIoKinds) curve(io[kind], `io.${kind}`);
  const cpu = objectOf(profile.cpu, 'cpu');
  for (const kind of cpuKinds) cost(cpu[kind], `cpu.${kind}`);
  const sync = objectOf(profile.sync, 'sync');
  curve(sync.writes, 'sync.writes');
  curve(sync.changes, 'sync.changes');
  cost(sync.dirtyByte, 'sync.dirtyByte');
  cost(sync.discard, 'sync.discard');
  number(profile.parallelism, 'parallelism', 1);
  number(profile.drift, 'drift', 0);
  number(profile.stalls, 'stalls', 0);
  return profile as unknown as CostProfile;
}

function objectOf(value: unknown, where: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Mismatch(`${where} is not an object`);
  return value as Readonly<Record<string, unknown>>;
}

function oneOf(value: unknown, allowed: readonly string[], where: string): void {
  if (!allowed.includes(String(value))) throw new Mismatch(`${where} is not one of ${allowed.join(', ')}`);
}

function number(value: unknown, where: string, minimum: number): void {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < minimum) {
    throw new Mismatch(`${where} is not a number from ${minimum}`);
  }
}

function cost(value: unknown, where: string): void {
  const { ns, spread } = objectOf(value, where);
  number(ns, `${where}.ns`, 0);
  number(spread, `${where}.spread`, 0);
}

/** At least one point, in increasing order. */
function curve(value: unknown, where: string): void {
  if (!Array.isArray(value) || value.length === 0) throw new Mismatch(`${where} has no points`);
  let last = -1;
  for (const [index, point] of value.entries()) {
    const place = `${where}[${index}]`;
    cost(point, place);
    const { at } = objectOf(point, place);
    number(at, `${place}.at`, 0);
    if ((at as number) <= last) throw new Mismatch(`${place} is not behind the point before it`);
    last = at as number;
  }
}
