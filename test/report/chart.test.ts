import { describe, expect, test } from 'vitest';
import { renderChart } from '../../src/report/chart.ts';

const options = { title: 'A title', xLabels: ['a', 'b', 'c', 'd'], formatValue: String, width: 40 };

describe('a chart', () => {
  test('stops at a gap and goes on behind it', () => {
    const lines = renderChart([{ name: 'x', values: [4, 4, Number.NaN, 4] }], options).split('\n');
    const top = lines.find((line) => line.includes('4 ┼')) ?? '';
    expect(top).toMatch(/┼─{5,} +─+$/);
  });

  test('shows a lone value between gaps', () => {
    const text = renderChart([{ name: 'x', values: [Number.NaN, 4, Number.NaN, Number.NaN] }], options);
    expect(text).toMatch(/4 ┤ +─+\n/);
  });

  test('draws all series to one scale, and leaves out an empty one', () => {
    const text = renderChart(
      [
        { name: 'high', values: [9, 9, 9, 9] },
        { name: 'low', values: [3, 3, 3, 3] },
        { name: 'none', values: [Number.NaN, Number.NaN, Number.NaN, Number.NaN] },
      ],
      options,
    );
    expect(text.match(/^ +9 [┼┤]/gm)).toHaveLength(2);
    expect(text).not.toContain('none');
  });

  test('of nothing is nothing', () => {
    expect(renderChart([], options)).toBe('');
    expect(renderChart([{ name: 'x', values: [Number.NaN] }], { ...options, xLabels: ['a'] })).toBe('');
  });

  test('keeps the axis straight where figures are long', () => {
    const lines = renderChart([{ name: 'x', values: [1, 2, 3, 4] }], {
      ...options,
      formatValue: (value) => `${value.toFixed(3)} kilobytes`,
    }).split('\n');
    const axis = lines.filter((line) => /[┤┼]/.test(line)).map((line) => line.search(/[┤┼]/));
    expect(new Set(axis).size).toBe(1);
  });
});
