import type { Prediction } from '../advisor/prediction.ts';
import type { ProposalSettings } from '../advisor/proposal.ts';
import { printedSettings } from '../settings/print.ts';
import { formatBytes } from '../units/bytes.ts';

/** How many times as fast, with its range: `4.95× (3.58–6.86)`. */
export function timesText({ value, low, high }: Prediction): string {
  const exact = low === high ? '' : ` (${digits(low)}–${digits(high)})`;
  return `${digits(value)}×${exact}`;
}

function digits(ratio: number): string {
  return ratio >= 100 ? ratio.toFixed(0) : ratio >= 10 ? ratio.toFixed(1) : ratio.toFixed(2);
}

/** A change of bytes with its sign; a dash for none. */
export function changeOfBytes(bytes: number): string {
  return bytes === 0 ? '–' : `${bytes < 0 ? '−' : '+'}${formatBytes(Math.abs(bytes))}`;
}

/** Settings as they are pasted, one text each. */
export function settingTexts({ create, drive }: ProposalSettings): readonly string[] {
  return [...printedSettings('create', create), ...printedSettings('drive', drive)].map(
    ({ name, text }) => `${name}=${text}`,
  );
}
