import type { FleetHost, FleetReport } from '../../fleet.ts';
import { printable } from '../../printable.ts';
import { mebibytes, plainNumber, renderTable } from '../table.ts';

/** Hosts on a page; more would make it slow to open. */
const mostHosts = 2000;

/** Nothing where the file names no hosts. */
export function hostSection({ hosts, hostsLeftOutCount, split, growth }: FleetReport): string {
  if (hosts.length === 0) return '';
  const withMonths = split?.budget.scope === 'host' && growth !== undefined;
  const titles = [
    ...['Disks', 'All full, MiB', 'Expected, MiB', 'Working sets, MiB', 'Misses/s'],
    ...(split ? ['Split, MiB', 'Misses/s then'] : []),
    ...(withMonths ? ['Runs out, month'] : []),
  ];
  const table = renderTable({
    caption: 'Hosts',
    columns: [{ title: 'Host' }, ...titles.map((title) => ({ title, numeric: true }))],
    groups: [{ rows: hosts.slice(0, mostHosts).map((host) => ({ cells: cellsOf(host, withMonths) })) }],
  });
  const rest = hosts.length - mostHosts + hostsLeftOutCount;
  const more = rest > 0 ? `<p class=note>${rest.toLocaleString('en')} more hosts take less.</p>\n` : '';
  return `<h2>Hosts</h2>\n${table}${more}`;
}

function cellsOf(host: FleetHost, withMonths: boolean): readonly string[] {
  return [
    host.name === '' ? '(no host)' : printable(host.name),
    plainNumber(host.diskCount),
    mebibytes(host.worstCaseBytes),
    mebibytes(host.expectedBytes),
    mebibytes(host.workingSetBytes + host.fixedBytes),
    plainNumber(host.missesPerSecond),
    ...(host.split ? [mebibytes(host.split.memoryBytes), plainNumber(host.split.missesPerSecond)] : []),
    ...(withMonths ? [plainNumber(host.exceededMonth)] : []),
  ];
}
