import { escapeHtml } from '../charts/escape.ts';

export interface Card {
  readonly title: string;
  readonly value: string;
  readonly note: string;
}

export function renderCards(cards: readonly Card[]): string {
  const items = cards.map(
    ({ title, value, note }) =>
      `<li><h3>${escapeHtml(title)}</h3><p class=big>${escapeHtml(value)}</p><p>${escapeHtml(note)}</p>`,
  );
  return `<ul class=cards>${items.join('\n')}</ul>\n`;
}
