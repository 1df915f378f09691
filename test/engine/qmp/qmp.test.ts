import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Qmp, QmpBrokenError, QmpError } from '../../../src/engine/qmp/qmp.ts';

/** A session and the ids of what it asked. */
function session(): { qmp: Qmp; sent: () => { execute: string; id: string }[]; say: (...messages: unknown[]) => void } {
  const qmp = new Qmp();
  const input = new PassThrough();
  let text = '';
  input.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  qmp.attach(input);
  return {
    qmp,
    sent: () =>
      text
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line)),
    say: (...messages) => qmp.push(Buffer.from(messages.map((one) => `${JSON.stringify(one)}\r\n`).join(''))),
  };
}

test('answers find their commands in any order, events between them', async () => {
  const { qmp, sent, say } = session();
  const answers = ['a', 'b', 'c'].map((command) => qmp.execute(command));
  const [a, b, c] = sent();
  say({ event: 'SHUTDOWN' }, { id: c?.id, return: 3 }, { event: 'RESUME' }, { id: a?.id, return: 1 });
  say({ id: b?.id, error: { class: 'CommandNotFound', desc: 'no b\u0007' } });
  await expect(Promise.all([answers[0], answers[2]])).resolves.toEqual([1, 3]);
  const refused = await answers[1]?.catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(QmpError);
  expect(refused).toMatchObject({ message: 'no b\\x07', errorClass: 'CommandNotFound' });
});

test('commands that came before the stream was known go first', () => {
  const qmp = new Qmp();
  void qmp.execute('early');
  const input = new PassThrough();
  qmp.attach(input);
  void qmp.execute('late');
  const lines = input.read().toString().split('\n');
  expect(lines.slice(0, 2).map((line: string) => JSON.parse(line).execute)).toEqual(['early', 'late']);
});

test('however the bytes are cut, the messages are the same', async () => {
  const text = Buffer.from(`${JSON.stringify({ id: 'qtune-1', return: { name: 'disk – “ü” 😀' } })}\r\n`);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: text.length }), { maxLength: 20 }), async (cuts) => {
      const { qmp } = session();
      const answer = qmp.execute('query');
      const places = [0, ...cuts.sort((x, y) => x - y), text.length];
      for (const [index, place] of places.entries()) qmp.push(text.subarray(place, places[index + 1] ?? place));
      expect(await answer).toEqual({ name: 'disk – “ü” 😀' });
    }),
    { numRuns: 50 },
  );
});

describe('what is no answer to anything ends the session, and every command with it', () => {
  test.each([
    ['garbage', 'hello\n', /no message of QMP: hello/],
    ['a list', '[1]\n', /no message/],
    ['a strange id', '{"id":"qtune-9","return":{}}\n', /nothing that was asked/],
    ['a number as id', '{"id":1,"return":{}}\n', /nothing that was asked/],
    ['no id', '{"return":{}}\n', /nothing that was asked/],
    ['neither return nor error', '{"id":"qtune-1"}\n', /nothing that was asked/],
    ['both', '{"id":"qtune-1","return":{},"error":{}}\n', /nothing that was asked/],
    ['two greetings', '{"QMP":{}}\n{"QMP":{}}\n', /greeted twice/],
    ['deep nesting', `${'['.repeat(5_000_000)}\n`, /no message/],
  ])('%s', async (_name, text, message) => {
    const { qmp } = session();
    const answer = qmp.execute('query');
    qmp.push(Buffer.from(text));
    const error = await answer.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(QmpBrokenError);
    expect(String(error)).toMatch(message);
    await expect(qmp.execute('another')).rejects.toBe(error);
  });

  test('100 MB without a line feed, of which it keeps little', async () => {
    const { qmp } = session();
    const answer = qmp.execute('query').catch((reason: unknown) => reason);
    const chunk = Buffer.alloc(2 ** 20, 0x20);
    for (let count = 0; count < 100; count++) qmp.push(chunk);
    expect(String(await answer)).toContain('more than 32 MiB');
  });
});
