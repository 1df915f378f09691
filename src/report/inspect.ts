import type { Finding } from '../advisor/inspection/finding.ts';
import { type InspectedImage, imageDocument } from './inspect-image.ts';
import { type InspectedMachine, machineDocument } from './inspect-machine.ts';

/** One of the things that `qtune inspect` was given. */
export type InspectedItem =
  | ({ readonly kind: 'image' } & InspectedImage)
  | ({ readonly kind: 'machine' } & InspectedMachine)
  /** One of several that could not be read. */
  | { readonly kind: 'failed'; readonly name: string; readonly problems: readonly Finding[] };

/** All findings of an item, also those of its disks and of the images beneath. */
export function problemsOf(item: InspectedItem): readonly Finding[] {
  if (item.kind === 'machine') return [...item.problems, ...item.disks.flatMap(({ problems }) => problems)];
  if (item.kind === 'image') return [...item.problems, ...(item.chain ?? []).flatMap(({ problems }) => problems)];
  return item.problems;
}

/** The JSON document: of one thing its own keys, of several a list. */
export function inspectDocument(items: readonly InspectedItem[]) {
  const [first, ...others] = items.map(itemDocument);
  const schema = 'qtune.inspect/1' as const;
  if (first !== undefined && others.length === 0) return { schema, ...first };
  return { schema, kind: 'several', items: items.map(itemDocument) } as const;
}

function itemDocument(item: InspectedItem) {
  if (item.kind === 'image') return imageDocument(item);
  if (item.kind === 'machine') return machineDocument(item);
  return { kind: item.kind, file: item.name, problems: item.problems } as const;
}
