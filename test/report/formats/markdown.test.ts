import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { marked, type Token, type Tokens } from 'marked';
import { describe, expect, test } from 'vitest';
import { renderMarkdown } from '../../../src/report/formats/markdown.ts';
import { codeSpan, plainText, tableRow } from '../../../src/report/formats/markdown-text.ts';
import { printable } from '../../../src/report/printable.ts';
import { hasCmarkGfm } from '../../helpers/format-checkers.ts';
import { expectGolden } from '../../helpers/golden.ts';
import {
  empty,
  failed,
  hostile,
  hostileGate,
  hostileNames,
  passed,
  sampleCell,
  sampleComparison,
  variety,
} from './samples.ts';

/** Every token of the document, those inside of others too. */
function tokensOf(markdown: string): readonly Token[] {
  const all: Token[] = [];
  marked.walkTokens(marked.lexer(markdown, { gfm: true }), (token) => {
    all.push(token);
  });
  return all;
}

function tablesOf(markdown: string): readonly Tokens.Table[] {
  return tokensOf(markdown).filter((token): token is Tokens.Table => token.type === 'table');
}

/** What a reader sees of inline tokens. */
function shown(tokens: readonly Token[]): string {
  return tokens
    .map((token) => {
      if ('tokens' in token && token.tokens) return shown(token.tokens);
      return 'text' in token ? String(token.text) : '';
    })
    .join('');
}

/** What the parser made of text that was meant as text. */
function interpreted(markdown: string): readonly string[] {
  const own = /^<\/?(?:details|summary)>/;
  const harmless = new Set(['text', 'escape', 'codespan', 'space', 'table', 'list', 'list_item', 'paragraph']);
  return tokensOf(markdown)
    .filter((token) => !harmless.has(token.type))
    .filter((token) => !(token.type === 'html' && own.test(token.raw)))
    .filter((token) => !(token.type === 'heading' && /^#{3,4} (?:qtune compare: |[A-Za-z])/.test(token.raw)))
    .filter(
      (token) => !(token.type === 'strong' && /^\*\*(?:worse|better|Gate (?:failed|passed):)\*\*$/.test(token.raw)),
    )
    .filter((token) => !(token.type === 'em' && token.raw.includes('left out')))
    .map((token) => `${token.type}: ${token.raw}`);
}

test('a comparison in every state looks as it always has', () => {
  expectGolden('compare.md', renderMarkdown(variety, failed));
});

test('verdict and gate come first, then each figure in a row of its metric', () => {
  const text = renderMarkdown(variety, failed);
  expect(text.split('\n').slice(0, 5)).toEqual([
    '### qtune compare: worse',
    '',
    '4 worse, 2 better, 2 same, 2 inconclusive · `base.ndjson` → `head.ndjson`',
    '',
    '**Gate failed:** 4 figures are worse by 5 % or more, 1 not completed.',
  ]);
  const [iops] = tablesOf(text);
  const rows = iops?.rows.map((row) => row.map((cell) => shown(cell.tokens).replaceAll('\u00a0', ' ')));
  expect(rows?.[0]).toEqual([
    'l2-cache-20g/l2-cache-size=1M',
    '1k ±1 %',
    '850 ±2 %',
    '-15.0 % (p=0.006, n=10)',
    '[-16.0, -14.0]',
    'worse, fails the gate',
  ]);
  expect(rows?.[2]?.[3]).toBe('~ (p=1.000, n=10)');
  expect(rows?.[3]?.[3]).toBe('~ (p=0.640, n=10→40)');
  expect(rows?.at(-1)).toEqual(['geometric mean', '', '', '-1.00 %', '', '']);
});

test('what is to be known of the whole comparison is in its notes', () => {
  const text = renderMarkdown({ ...variety, disturbedTrialCount: { base: 0, head: 2 } }, undefined);
  expect(text).toContain('\n- Trials disturbed from outside: 2 in head. Where they ran again, the later run counts.\n');
});

test.each([
  ['without a gate', undefined, /^(?!.*Gate)/s],
  ['with one that passed', passed, /\*\*Gate passed:\*\* nothing is worse by 50 % or more\./],
])('%s', (_, gate, expected) => {
  expect(renderMarkdown(variety, gate)).toMatch(expected);
});

test('nothing compared is a verdict and no table', () => {
  const text = renderMarkdown(empty, undefined);
  expect(text).toContain('### qtune compare: inconclusive');
  expect(tablesOf(text)).toEqual([]);
});

test('an exact metric that is the same everywhere takes a sentence', () => {
  expect(renderMarkdown(variety, undefined)).toContain(
    '#### host I/O requests (less is better)\n\nExactly the same in the only cell.\n',
  );
});

test('of many figures those that changed are in view, failures of the gate first, the others folded', () => {
  const labels = Array.from({ length: 30 }, (_, index) => `l2-cache-size=${index}M`);
  const cells = labels.map((headConfiguration, index) =>
    sampleCell({
      headConfiguration,
      ...(index === 3 ? { verdict: 'better', ratio: 1.2, low: 1.1, high: 1.3 } : {}),
      ...(index > 5 ? { verdict: 'same', ratio: 1, low: 0.99, high: 1.01 } : {}),
      ...(index === 0 ? { ratio: 0.96, low: 0.95, high: 0.97 } : {}),
    }),
  );
  const comparison = sampleComparison(cells);
  const failures = [1, 2, 4, 5].map((index) => failure(labels[index]));
  const gate = { ...passed, failOnRatio: 0.05, passed: false, failures };
  const text = renderMarkdown(comparison, gate);
  const [changes, all] = tablesOf(text);
  expect(changes?.rows.map((row) => /(\d+)M/.exec(shown(row[0]?.tokens ?? []))?.[1])).toEqual([
    ...['1', '2', '4', '5'],
    ...['0', '3'],
  ]);
  expect(all?.rows).toHaveLength(30);
  expect(text.indexOf('<details><summary>All figures')).toBeLessThan(text.indexOf('#### IOPS'));
  expect(text.split('<details>').length).toBe(text.split('</details>').length);
});

function failure(label = '') {
  return { cell: `l2-cache-20g/${label}`, metric: 'iops', kind: 'loss', lossRatio: 0.15, reason: 'worse' } as const;
}

describe('length', () => {
  const many = sampleComparison(
    Array.from({ length: 2000 }, (_, index) =>
      sampleCell({ headConfiguration: `l2-cache-size=${index}M,${'|`'.repeat(40)}` }),
    ),
    { unmatched: hostile.unmatched, warnings: hostile.warnings },
  );

  test('stays below that of a comment and says how many rows are left out', () => {
    const text = renderMarkdown(many, undefined);
    expect(text.length).toBeLessThan(65_536);
    expect(text.length).toBeGreaterThan(60_000);
    const tables = tablesOf(text);
    const kept = tables.reduce((sum, table) => sum + table.rows.length, 0);
    const omitted = Number(/_([\d,]+) rows are left out/.exec(text)?.[1]?.replaceAll(',', ''));
    const remarks = 30 + 1;
    expect(kept + omitted).toBe(2 * 2000 + remarks);
    expect(text.split('<details>').length).toBe(text.split('</details>').length);
  });

  test('is not touched where it fits', () => {
    expect(renderMarkdown(variety, failed)).not.toContain('left out');
  });
});

describe('text from a journal is never Markdown', () => {
  test('in a whole document', () => {
    const text = renderMarkdown(hostile, hostileGate);
    expect(interpreted(text)).toEqual([]);
    for (const table of tablesOf(text)) {
      for (const row of table.rows) expect(row).toHaveLength(table.header.length);
    }
  });

  test.skipIf(!hasCmarkGfm())("in a whole document, as GitHub's parser reads it", () => {
    const extensions = ['table', 'autolink', 'strikethrough', 'tagfilter'].flatMap((name) => ['-e', name]);
    const { status, stdout } = spawnSync('cmark-gfm', [...extensions, '--unsafe'], {
      input: renderMarkdown(hostile, hostileGate),
      encoding: 'utf8',
    });
    expect(status).toBe(0);
    const tags = new Set([...stdout.matchAll(/<[a-z][^>]*>/g)].map(([tag]) => tag));
    const [inline, block] = [
      ['code', 'strong'],
      ['details', 'summary', 'h3', 'h4', 'p', 'ul', 'li'],
    ];
    const table = ['table', 'thead', 'tbody', 'tr', 'th', 'td', 'th align="right"', 'td align="right"'];
    expect([...tags].sort()).toEqual([...inline, ...block, ...table].map((tag) => `<${tag}>`).sort());
  });

  test('whatever is made of its special characters', () => {
    const text = fc.string({ unit: fc.constantFrom(...'`|\\*_<>&@#:~[]()!$ -+1.)=/ahtpsw;"'), maxLength: 14 });
    const isBlank = (one: string): boolean => one.trim() === '';
    fc.assert(
      fc.property(text, (one) => {
        const cell = `${tableRow(['a', 'b'])}${tableRow(['---', '---'])}${tableRow([codeSpan(one), plainText(one)])}`;
        const [table] = tablesOf(cell);
        expect(table?.rows[0]).toHaveLength(2);
        const [code] = table?.rows[0]?.[0]?.tokens ?? [];
        expect(code?.type).toBe(isBlank(one) ? 'text' : 'codespan');
        expect(interpreted(cell)).toEqual([]);
        expect(interpreted(`- ${plainText(one)}\n`)).toEqual([]);
        const inProse = marked.lexer(`Name ${codeSpan(one)}.`)[0];
        const kinds = inProse && 'tokens' in inProse ? inProse.tokens?.map((token) => token.type) : [];
        expect(kinds).toEqual(isBlank(one) ? ['text'] : ['text', 'codespan', 'text']);
      }),
      { numRuns: 2000, examples: [[' --'], ['  1. a'], ['    a'], ['-']] },
    );
  });

  test.each(hostileNames)('as a name: %j', (name) => {
    const [table] = tablesOf(`${tableRow(['a', 'b'])}${tableRow(['---', '---'])}${tableRow([codeSpan(name), 'x'])}`);
    const [first, second] = table?.rows[0] ?? [];
    expect(second?.text).toBe('x');
    expect(first?.tokens.map((token) => token.type)).toEqual([name === '' ? 'text' : 'codespan']);
    // A table cannot say a backslash before a bar inside a code span.
    if (name !== '' && !name.includes('\\|')) expect(shown(first?.tokens ?? [])).toBe(printable(name));
    expect(interpreted(`Name ${codeSpan(name)}.`)).toEqual([]);
  });

  test.each(hostileNames)('as prose: %j', (name) => {
    for (const markdown of [
      `- ${plainText(name)}\n`,
      `${tableRow(['a'])}${tableRow(['---'])}${tableRow([plainText(name)])}`,
    ]) {
      expect(interpreted(markdown)).toEqual([]);
    }
    const rendered = marked.parseInline(plainText(name)) as string;
    const seen = decoded(rendered).replaceAll('\u200b', '');
    expect(seen.trim()).toBe(printable(name, 400).replaceAll('\u200b', '').trim());
    // GitHub and GitLab look for these in the rendered text.
    expect(decoded(rendered)).not.toMatch(/(?:^|\W)[@#!~$][A-Za-z0-9]|GH-\d/);
  });
});

function decoded(html: string): string {
  return html
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&#8203;', '\u200b')
    .replaceAll('&amp;', '&');
}
