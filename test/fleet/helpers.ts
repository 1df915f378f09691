import { type Fleet, rowName } from '../../src/fleet/fleet.ts';
import { CurveBook, type MissCurve } from '../../src/fleet/miss-curve.ts';
import { readFleet } from '../../src/fleet/read/read-fleet.ts';
import { traitsCurves } from '../../src/fleet/traits-curve.ts';

export interface ReadTextOptions {
  readonly skipCount?: number;
  readonly curves?: readonly MissCurve[];
  /** Bytes handed over at a time. */
  readonly pieceBytes?: number;
}

/** Reads a fleet from text or bytes as from a file "fleet". */
export async function readText(content: string | Uint8Array, options: ReadTextOptions = {}): Promise<Fleet> {
  const { skipCount = 0, curves = traitsCurves(), pieceBytes = 65_536 } = options;
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
  }
  return readFleet(pieces(), new CurveBook(curves), { file: 'fleet', skipCount });
}

export function namesOf(fleet: Fleet): readonly string[] {
  return Array.from({ length: fleet.rowCount }, (_, row) => rowName(fleet, row));
}
