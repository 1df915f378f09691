import type { TraceFormat } from '../trace-format.ts';
import { alibabaFormat } from './alibaba.ts';
import { biosnoopFormat } from './biosnoop.ts';
import { blkparseFormat } from './blkparse.ts';
import { blktraceFormat } from './blktrace.ts';
import { disksimFormat } from './disksim.ts';
import { ftraceFormat } from './ftrace.ts';
import { iologFormat } from './iolog.ts';
import { libcachesimCsvFormat } from './libcachesim-csv.ts';
import { msrFormat } from './msr.ts';
import { octfFormat } from './octf.ts';
import { oracleGeneralFormat } from './oracle-general.ts';
import { qemuLogFormat } from './qemu-log.ts';
import { qtuneCsvFormat } from './qtune-csv.ts';
import { spcFormat } from './spc.ts';
import { systorFormat } from './systor.ts';
import { tencentFormat } from './tencent.ts';
import { vscsiFormat } from './vscsi.ts';

/** All formats that are read. At most one of them recognises any file, so that their order means nothing. */
export const traceFormats: readonly TraceFormat[] = [
  iologFormat,
  qtuneCsvFormat,
  msrFormat,
  alibabaFormat,
  tencentFormat,
  systorFormat,
  spcFormat,
  libcachesimCsvFormat,
  oracleGeneralFormat,
  vscsiFormat,
  disksimFormat,
  blkparseFormat,
  blktraceFormat,
  ftraceFormat,
  biosnoopFormat,
  qemuLogFormat,
  octfFormat,
];
