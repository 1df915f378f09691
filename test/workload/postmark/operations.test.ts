import { expect, test } from 'vitest';
import { type PostmarkOperation, postmarkOperations } from '../../../src/workload/postmark/operations.ts';
import { type PostmarkParameters, postmarkDefaults } from '../../../src/workload/postmark/parameters.ts';

function run(parameters: Partial<PostmarkParameters>): PostmarkOperation[] {
  return Array.from(postmarkOperations({ ...postmarkDefaults, ...parameters }), (operation) => ({ ...operation }));
}

/** What PostMark prints in its report, in the order of its columns. */
function report(operations: readonly PostmarkOperation[]) {
  const count = (kind: string, from = 0) =>
    operations.filter((operation) => operation.kind === kind && operation.transaction >= from).length;
  const bytes = (...kinds: string[]) =>
    operations.reduce((sum, operation) => sum + (kinds.includes(operation.kind) ? operation.bytes : 0), 0);
  return [count('create'), count('read'), count('append'), count('delete'), bytes('read'), bytes('create', 'append')];
}

// Totals that the Debian program (postmark 1.53) printed for these parameters, all else at its defaults.
test.each([
  [200, 500, [462, 257, 243, 462, 1_566_635, 2_990_197]],
  [500, 500, [764, 243, 257, 764, 1_430_770, 4_662_068]],
  [1000, 20_000, [11_054, 9952, 9967, 11_054, 66_960_784, 74_033_752]],
  [20_000, 100_000, [70_128, 49_656, 50_199, 70_128, 318_197_777, 457_377_596]],
])('%d files and %d transactions give the totals of the real program', (number, transactions, totals) => {
  expect(report(run({ number, transactions }))).toEqual(totals);
});

test('the first operations are those that the real program made under strace', () => {
  const operations = run({ number: 200, transactions: 500 });
  const told = (operation: PostmarkOperation): string => `${operation.kind} ${operation.fileNumber} ${operation.bytes}`;
  expect(operations.slice(0, 3).map(told)).toEqual(['create 1 1390', 'create 2 4732', 'create 3 3583']);
  const transactions = operations.filter((operation) => operation.transaction > 0).map(told);
  expect(transactions.slice(0, 8).map((text) => text.replace(/^(delete \d+) \d+$/, '$1'))).toEqual([
    'read 83 6022',
    'delete 110',
    'append 98 8467',
    'create 201 8872',
    'read 92 6207',
    'delete 198',
    'read 170 9698',
    'create 202 4305',
  ]);
});

test('creates and deletes within transactions are those of the report', () => {
  const operations = run({ number: 1000, transactions: 20_000 });
  const inTransactions = operations.filter((operation) => operation.transaction > 0);
  expect(inTransactions.filter((operation) => operation.kind === 'create')).toHaveLength(10_054);
  // The files that are left at the end are deleted in the order of their slots.
  const last = operations.slice(-(11_054 - 9946));
  expect(last.every((operation) => operation.kind === 'delete')).toBe(true);
  const slots = last.map((operation) => operation.slot);
  expect(slots).toEqual([...slots].sort((left, right) => left - right));
});

test('a bias of -1 leaves its pair out, and 0 and 10 decide it', () => {
  const kinds = (parameters: Partial<PostmarkParameters>) =>
    new Set(
      run({ number: 50, transactions: 20, ...parameters })
        .filter((o) => o.transaction > 0)
        .map((o) => o.kind),
    );
  expect(kinds({ biasRead: -1, biasCreate: 10 })).toEqual(new Set(['create', 'delete']));
  expect(kinds({ biasRead: 10, biasCreate: -1 })).toEqual(new Set(['read', 'delete']));
  expect(run({ number: 50, transactions: 20, biasRead: 0, biasCreate: -1 }).some((o) => o.kind === 'read')).toBe(false);
});

test('the run ends early when all files are gone, and drops creates when the table is full', () => {
  const gone = run({ number: 5, transactions: 1000, biasCreate: 0 });
  expect(report(gone).slice(0, 1)).toEqual([5]);
  expect(gone.filter((operation) => operation.kind === 'delete')).toHaveLength(5);
  const full = run({ number: 5, transactions: 1000, biasCreate: 10 });
  expect(report(full)[0]).toBe(10);
});

test('subdirectories take a draw of their own before the size', () => {
  const flat = run({ number: 50 });
  const deep = run({ number: 50, subdirectories: 10 });
  expect(new Set(deep.map((operation) => operation.directory)).size).toBe(10);
  expect(deep[0]?.bytes).not.toBe(flat[0]?.bytes);
  // The second draw of the flat run is the size of its second file, and that of the deep run the size of its first.
  expect(deep[0]?.bytes).toBe(flat[1]?.bytes);
});
