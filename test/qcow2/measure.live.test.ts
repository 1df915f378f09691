import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { UsageError } from '../../src/errors.ts';
import { measureImage } from '../../src/qcow2/measure.ts';
import { buildConfigurations } from '../../src/settings/matrix.ts';
import { resolveCreate } from '../../src/settings/resolve.ts';
import { validateForMeasure } from '../../src/settings/validate.ts';
import { answerOf, type Oracle, oracles, run, seededPicker, twoAtATime } from '../settings/qemu-oracle.ts';

let tools: readonly Oracle[] = [];
beforeAll(async () => {
  tools = await oracles();
});

interface Case {
  readonly list: string;
  readonly sizeBytes: number;
}

/** Random option sets; about one in five is one that QEMU refuses. Sizes are spread over all magnitudes up to 2^53−1, many odd. */
function cases(count: number, seed: number): readonly Case[] {
  const pick = seededPicker(seed);
  const one = <T>(values: readonly T[]): T => values[pick(values.length)] as T;
  return Array.from({ length: count }, () => {
    const parts: string[] = [];
    if (pick(8) > 0) parts.push(`cluster_size=${pick(20) === 0 ? one([100, 3072, 4194304]) : 512 * 2 ** pick(13)}`);
    if (pick(2) > 0) parts.push(`extended_l2=${one(['on', 'on', 'off'])}`);
    if (pick(2) > 0) parts.push(`refcount_bits=${pick(20) === 0 ? one([0, 3, 128]) : 2 ** pick(7)}`);
    if (pick(4) === 0) parts.push(`compat=${one(['0.10', '1.1'])}`); // measure does not read v2 and v3, create does
    if (pick(3) === 0) parts.push(`preallocation=${one(['off', 'metadata', 'falloc', 'full'])}`);
    if (pick(4) === 0) parts.push(`lazy_refcounts=${one(['on', 'off'])}`);
    if (pick(4) === 0) parts.push(`compression_type=${one(['zlib', 'zstd'])}`);
    if (parts.length === 0) parts.push('cluster_size=64K');
    const magnitude = 2 ** pick(54);
    const sizeBytes = Math.min(
      Number.MAX_SAFE_INTEGER,
      magnitude + (pick(3) > 0 ? pick(Math.min(magnitude, 2 ** 32)) : 0),
    );
    return { list: parts.join(','), sizeBytes };
  });
}

interface Sizes {
  readonly required: number;
  readonly fullyAllocated: number;
}

function ours({ list, sizeBytes }: Case): Sizes | string {
  try {
    const [configuration] = buildConfigurations([list], []);
    if (!configuration) return 'no configuration';
    validateForMeasure(configuration, { diskBytes: sizeBytes, hasBacking: false });
    const measurement = measureImage({ diskBytes: sizeBytes, ...resolveCreate(configuration.create) });
    const { headerBytes, l1Bytes, l2Bytes, refcountBytes, dataBytes } = measurement;
    expect(headerBytes + l1Bytes + l2Bytes + refcountBytes + dataBytes).toBe(measurement.fullyAllocatedBytes);
    return { required: measurement.requiredBytes, fullyAllocated: measurement.fullyAllocatedBytes };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return error.message.replace(/^-o [^:]*: /, '');
  }
}

async function theirs(qemu: Oracle, { list, sizeBytes }: Case): Promise<Sizes | string> {
  const args = ['measure', '--size', String(sizeBytes), '-O', 'qcow2', '-o', list, '--output', 'json'];
  const output = await run(join(qemu.bin, 'qemu-img'), args);
  const answer = answerOf(output);
  // `measure` names the command line's option here, `create` that of QMP.
  if (answer !== undefined) return answer.replace('(use compat=1.1 or greater)', '(use version=v3 or greater)');
  const { required, 'fully-allocated': fullyAllocated } = JSON.parse(output.stdout);
  return { required, fullyAllocated };
}

test('1,000 random option sets give what qemu-img measure gives, to the byte, refusals included', async (context) => {
  const qemu = tools[0];
  if (!qemu) return context.skip('no QEMU on this machine');
  const sets = cases(1000, 20_191_015);
  const answers = await twoAtATime(sets, (one) => theirs(qemu, one));
  const differences = sets.flatMap((one, index) => {
    const [mine, answer] = [ours(one), answers[index]];
    return JSON.stringify(mine) === JSON.stringify(answer) ? [] : [{ ...one, mine, answer }];
  });
  expect(differences).toEqual([]);
  const refused = answers.filter((answer) => typeof answer === 'string').length;
  expect(refused).toBeGreaterThan(100);
  expect(refused).toBeLessThan(600);
});

test('the newest QEMU measures the same', async (context) => {
  const newest = tools.at(-1);
  if (!newest || tools.length < 2) return context.skip('one QEMU at most on this machine');
  const sets = cases(150, 11);
  const answers = await twoAtATime(sets, (one) => theirs(newest, one));
  expect(sets.map(ours)).toEqual(answers);
});
