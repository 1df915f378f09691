import type { AppliedDisk } from './apply.ts';

/** How a change ended, and what it was. */
export interface ApplyResult {
  readonly qemu: string;
  readonly state: 'changed' | 'unchanged' | 'planned' | 'refused' | 'restored' | 'unknown';
  readonly reason?: string;
  readonly disks: readonly AppliedDisk[];
  readonly command: { readonly execute: string; readonly arguments: object };
  readonly undo: { readonly execute: string; readonly arguments: object };
  readonly undoFile?: string;
}

/** The JSON document of a change. */
export function applyDocument({ qemu, state, reason, disks, command, undo, undoFile }: ApplyResult) {
  const round = (value: number): number => Number(value.toPrecision(6));
  return {
    schema: 'qtune.apply/1',
    qemuVersion: qemu,
    state,
    ...(reason === undefined ? {} : { reason }),
    disks: disks.map(({ node, device, fileName, virtualBytes, source, former, wanted, ...disk }) => ({
      node,
      ...(device === undefined ? {} : { device }),
      fileName,
      virtualBytes,
      formerSource: source,
      former,
      wanted,
      speedRatio: {
        source: 'predicted',
        value: round(disk.speedRatio.value),
        low: round(disk.speedRatio.low),
        high: round(disk.speedRatio.high),
      },
      workload: { name: disk.workload.name, source: disk.workload.source },
      reasons: disk.reasons,
    })),
    command,
    undo,
    ...(undoFile === undefined ? {} : { undoFile }),
  } as const;
}
