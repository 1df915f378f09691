import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InputError } from '../../src/errors.ts';
import { emptyFacts } from '../../src/fleet/disk-groups.ts';
import { namesOf, readText } from './helpers.ts';

const gibibyte = 2 ** 30;

async function refusal(content: string | Uint8Array, skipCount = 0): Promise<string> {
  const error: unknown = await readText(content, { skipCount }).catch((thrown: unknown) => thrown);
  if (!(error instanceof InputError)) throw new Error(`no InputError but ${String(error)}`);
  return `${error.message}\n${error.hint ?? ''}`;
}

describe('CSV', () => {
  test('columns are told by name, in any order and spelling', async () => {
    const fleet = await readText(
      'Used Bytes,VM,Node,Virtual size,Cluster-Size,extended_l2,Chain length,Snapshots,workload,IOPS,l2-cache-size,count,growth\n' +
        '10G,a,h1,2T,128K,on,3,2,database,500,4M,7,2.5%\n',
    );
    expect(fleet.groups.read(0, emptyFacts())).toEqual({
      host: 0,
      diskBytes: 2 ** 41,
      allocatedBytes: 10 * gibibyte,
      clusterBytes: 131_072,
      extendedL2: true,
      imageCount: 3,
      snapshotCount: 2,
      curve: 1,
      requestsPerSecond: 500,
      l2CacheBytes: 4 * 2 ** 20,
      count: 7,
      growthBytes: 0,
      growthRatio: 0.025,
    });
    expect(namesOf(fleet)).toEqual(['a']);
    expect(fleet.hosts.text(0)).toBe('h1');
  });

  test.each([',', ';', '\t'])(
    'separated by %j, with quotes, doubled quotes, line ends in quotes, CRLF and a BOM',
    async (separator) => {
      const rows = [
        ['name', 'disk', 'note'],
        [`"a${separator}b ""c"""`, '"1G"', '"two\r\nlines"'],
        ['plain', '2G', ''],
      ];
      const fleet = await readText(`\ufeff${rows.map((row) => row.join(separator)).join('\r\n')}\r\n`);
      expect(namesOf(fleet)).toEqual([`a${separator}b "c"`, 'plain']);
      expect(fleet.unknownColumns).toEqual(['note']);
    },
  );

  test('any text comes back as it was quoted, however the file is cut into pieces', async () => {
    const name = fc.string({
      unit: fc.constantFrom('a', '"', ',', ';', '\n', 'é', '🦆', ' ', 'x'),
      minLength: 1,
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(name, { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 9 }),
        async (names, pieceBytes) => {
          const text = `disk,name\n${names.map((one) => `1G,"${one.replaceAll('"', '""')}"\n`).join('')}`;
          const fleet = await readText(text, { pieceBytes });
          const expected = names.map((one, row) => one.replace(/^[ \t]+|[ \t]+$/g, '') || `disk ${row + 1}`);
          expect(namesOf(fleet)).toEqual(expected);
        },
      ),
      { numRuns: 200 },
    );
  });

  test('disks that differ in the name alone are one group, in the order of the file', async () => {
    const fleet = await readText('name,disk,iops,count\na,1G,5,\nb,1G,5,3\nc,2G,5,\nd,1G,5,\n');
    expect([...fleet.groupOfRow.subarray(0, 4)]).toEqual([0, 0, 1, 0]);
    expect(fleet.groups.countOf(0)).toBe(5);
    expect(fleet.groups.firstRowOf(1)).toBe(2);
  });

  test('thousands of different groups are kept apart', async () => {
    const rows = Array.from({ length: 20_000 }, (_, row) => `${row + 1},${row % 7}\n`);
    const fleet = await readText(`disk,iops\n${rows.join('')}${rows.join('')}`);
    expect(fleet.groups.count).toBe(20_000);
    expect(fleet.groups.read(12_345, emptyFacts())).toMatchObject({
      diskBytes: 12_346,
      requestsPerSecond: 12_345 % 7,
      count: 2,
    });
  });

  test.each([
    ['2TB', 'disk: "2TB" is ambiguous (QEMU counts in powers of 1024: write 2T or 2TiB)'],
    ['1000000000000000000', 'larger than qtune can count'],
    ['-5G', 'is negative'],
    ['NaN', '"NaN" is not a size'],
    ['0', 'a disk of 0 bytes'],
    ['', 'disk: is missing'],
    ['5P', 'more than the format takes with clusters of 65536'],
  ])('a disk of %j is bad, with its line, column and why', async (size, why) => {
    const message = await refusal(`name,disk\nfine,1G\nbad,${size}\n`);
    expect(message).toContain('fleet:3: disk: ');
    expect(message).toContain(why);
    expect(message).toContain('--skip-bad');
  });

  test.each([
    ['count', '0', 'from 1 to 1000000'],
    ['count', '1.5', 'not a whole number'],
    ['iops', '-1', 'not a number from 0'],
    ['iops', 'NaN', 'not a number from 0'],
    ['iops', '1e300', 'not a number from 0'],
    ['cluster_size', '3000', 'not a power of two'],
    ['cluster_size', '4M', 'not a power of two'],
    ['extended_l2', 'maybe', 'neither on nor off'],
    ['chain', '0', 'from 1 to 1000'],
    ['workload', 'unheard', '"unheard" is no workload (general, database'],
    ['growth', '-3%', 'not a number from 0'],
  ])('%s=%s is bad: %s', async (column, value, why) => {
    const message = await refusal(`disk,${column}\n1G,${value}\n`);
    expect(message).toContain(`fleet:2: ${column}: `);
    expect(message).toContain(why);
  });

  test('five bad rows are told, then reading stops', async () => {
    const message = await refusal(`disk\n${'x\n'.repeat(1000)}`);
    expect(message.match(/fleet:\d+/g)).toEqual(['fleet:2', 'fleet:3', 'fleet:4', 'fleet:5', 'fleet:6']);
    expect(message).toContain('reading stopped here');
  });

  test('as many as are allowed are left out and counted, one more is an error', async () => {
    const text = 'disk\n1G\nx\n2G\ny,z\n3G\n';
    const fleet = await readText(text, { skipCount: 2 });
    expect(fleet.rowCount).toBe(3);
    expect(fleet.skipped).toEqual({
      count: 2,
      examples: [
        { line: 3, column: 'disk', why: '"x" is not a size (Write it as QEMU does: 64K, 1.5G, 2T or plain bytes)' },
        { line: 5, why: 'the row has 2 fields, the headings 1' },
      ],
    });
    expect(await refusal(text, 1)).toContain('fleet:5: the row has 2 fields');
  });

  test.each([
    ['disk,size\n1G,1G\n', 'the headings "disk" and "size" are the same column, disk'],
    ['name,host\na,b\n', 'no heading is the size of the disks'],
    ['disk\n', 'the file has no disks'],
    ['', 'the file is empty'],
    ['\n\n  \n', 'the file is empty'],
    ['[{"disk":1}]', 'one JSON array'],
    ['disk\n"1G', 'a quote is not closed before the end'],
    ['disk\n"1G"x\n', 'text follows a closing quote'],
  ])('%j is refused: %s', async (text, why) => {
    expect(await refusal(text)).toContain(why);
  });

  test.each([
    [Uint8Array.from([0xff, 0xfe, 0x64, 0]), 'UTF-16'],
    [Uint8Array.from([0x50, 0x4b, 3, 4]), 'spreadsheet'],
    [Uint8Array.from({ length: 5000 }, (_, at) => (at * 7919) % 256), 'not text'],
  ])('what is no text is refused', async (bytes, why) => {
    expect(await refusal(bytes)).toContain(why);
  });

  test('a row without end is bad, and what follows it is read', async () => {
    const long = `disk\n1G\n${'7'.repeat(1_000_000)}\n2G\n`;
    expect(await refusal(long)).toContain('fleet:3: the row is longer than 64 KiB');
    const fleet = await readText(long, { skipCount: 1 });
    expect(fleet.rowCount).toBe(2);
  });

  test('arbitrary bytes behind good headings never break the reader', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 400 }),
        fc.integer({ min: 1, max: 50 }),
        async (bytes, pieceBytes) => {
          const content = Buffer.concat([Buffer.from('disk,name\n1G,first\n'), bytes.map((byte) => byte || 1)]);
          const fleet = await readText(content, { pieceBytes, skipCount: 1e6 });
          expect(fleet.rowCount).toBeGreaterThanOrEqual(1);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('JSON lines', () => {
  test('say the same as CSV', async () => {
    const csv = await readText('name,host,disk,iops,extended_l2,growth\na,h,1G,5,on,5%\nb,,2147483648,,,\n');
    const json = await readText(
      '{"id":"a","host":"h","size":"1G","iops":5,"extended_l2":true,"growth":"5%"}\n\n{"name":"b","disk":2147483648,"iops":null}\n',
    );
    expect(json.format).toBe('jsonl');
    expect(namesOf(json)).toEqual(namesOf(csv));
    for (const group of [0, 1])
      expect(json.groups.read(group, emptyFacts())).toEqual(csv.groups.read(group, emptyFacts()));
  });

  test.each([
    ['{"disk":"1G"', 'the line is not JSON'],
    ['[1]', 'the line is not a JSON object'],
    ['{"disk":{"a":1}}', 'disk: is neither text nor a number'],
    ['{"disk":1,"size":2}', 'size: says the same as "disk"'],
    ['{"disk":1e300}', 'disk: '],
    ['{"name":"x"}', 'disk: is missing'],
  ])('%s is bad: %s', async (line, why) => {
    expect(await refusal(`{"disk":1}\n${line}\n`)).toContain(`fleet:2: ${why}`);
  });
});
