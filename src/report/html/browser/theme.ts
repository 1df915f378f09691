import { element, say } from './dom.ts';

const themes = ['system', 'light', 'dark'] as const;

/** A button that goes through the system's colours, light and dark. */
export function themeButton(): HTMLElement {
  let index = 0;
  const button = element('button', { type: 'button', id: 'theme' });
  const show = (): void => {
    button.textContent = `Colours: ${themes[index]}`;
  };
  button.addEventListener('click', () => {
    index = (index + 1) % themes.length;
    const theme = themes[index] ?? 'system';
    if (theme === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    show();
    say(`Colours: ${theme}`);
  });
  show();
  return button;
}
