import { commandText, type DifferentialCase } from './case.ts';
import { ioText } from './compare.ts';
import type { Mismatch } from './outcome.ts';
import { logName, measuredLines, prepareLines } from './shell.ts';
import type { HostIo } from './strace-log.ts';

/** Lines shown of either side before the first difference, and from there on. */
const linesBefore = 5;
const linesAfter = 12;

/** What a failed case tells people: the first difference in its surroundings, the case, and a script that needs QEMU alone. */
export function failureReport(tested: DifferentialCase, mismatch: Mismatch, title: string): string {
  return [
    title,
    `Differs: ${mismatch.what}`,
    ...(mismatch.difference === undefined ? [] : differenceLines(tested, mismatch)),
    '',
    'Case:',
    JSON.stringify({ image: tested.image, drive: tested.drive }, undefined, 1),
    'Script (QEMU=directory/ chooses the tools):',
    reproduction(tested, mismatch),
  ].join('\n');
}

function differenceLines(tested: DifferentialCase, { difference, model, real }: Mismatch): string[] {
  const { segment, index } = difference ?? { segment: 0, index: 0 };
  const command = tested.commands[segment];
  const name = command === undefined ? 'closing' : commandText(command);
  return [
    `First at request ${segment} of ${tested.commands.length} (${name}), I/O ${index} of it`,
    'Model:',
    ...surroundings(tested, model, segment, index),
    'QEMU:',
    ...surroundings(tested, real, segment, index),
  ];
}

function surroundings(
  tested: DifferentialCase,
  segments: readonly (readonly HostIo[])[],
  segment: number,
  index: number,
): string[] {
  const lines: string[] = [];
  let place = 0;
  for (const [number, ios] of segments.entries()) {
    const command = tested.commands[number];
    lines.push(`  # ${command === undefined ? 'close' : commandText(command)}`);
    if (number === segment) place = lines.length + index;
    lines.push(...ios.map((io) => `    ${ioText(io)}`));
  }
  const shown = lines.slice(Math.max(0, place - linesBefore - 1), place + linesAfter);
  const mark = Math.min(place, linesBefore + 1);
  return shown.map((line, number) => (number === mark ? `>>${line.slice(2)}` : line));
}

/** A shell script that makes the image, runs the requests under strace, and ends with what the model expects, as comments. */
function reproduction(tested: DifferentialCase, mismatch: Mismatch): string {
  const expected = mismatch.model.flatMap((ios, segment) => {
    const command = tested.commands[segment];
    return [`# ${command === undefined ? 'close' : commandText(command)}`, ...ios.map((io) => `#   ${ioText(io)}`)];
  });
  return [
    '#!/bin/sh',
    ...prepareLines(tested),
    ...measuredLines(tested),
    `grep -E '(image|backing|data)[0-9]*\\.|write\\(1' ${logName}`,
    '# The model expects, from the first write to standard output on:',
    ...expected,
  ].join('\n');
}
