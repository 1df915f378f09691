import type { TraceFormat } from '../trace-format.ts';
import { iologFormat } from './iolog.ts';
import { qtuneCsvFormat } from './qtune-csv.ts';

/** All formats that are read. At most one of them recognises any file, so that their order means nothing. */
export const traceFormats: readonly TraceFormat[] = [iologFormat, qtuneCsvFormat];
