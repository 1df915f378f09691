import { operationNames, type RequestBlock } from './request.ts';
import { RequestHash } from './request-hash.ts';

/** The name that the disk has in logs of qtune. */
const diskName = 'disk';

/**
 * The text of a fio iolog, version 2, in pieces of a few hundred kilobytes: a header, one line a request, and the close.
 * Any fio and any command of qtune reads it.
 *
 * @source fio HOWTO, "Trace file format v2"
 */
export function* iologText(requests: Iterable<RequestBlock>): Generator<string, void, undefined> {
  yield `fio version 2 iolog\n${diskName} add\n${diskName} open\n`;
  for (const block of requests) {
    let text = '';
    for (let index = 0; index < block.count; index++) {
      const operation = operationNames[block.operation[index] ?? 0];
      text += `${diskName} ${operation} ${block.offsetBytes[index]} ${block.lengthBytes[index]}\n`;
    }
    yield text;
  }
  yield `${diskName} close\n`;
}

/** SHA-256 of {@link iologText}; the same requests have the same hash on every machine. */
export function requestHash(requests: Iterable<RequestBlock>): string {
  const hash = new RequestHash();
  for (const block of requests) hash.update(block);
  return hash.digest();
}
