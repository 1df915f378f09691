import { formatBytes } from '../../../units/bytes.ts';
import { formatCount } from '../../../units/rate.ts';
import type { FleetReport } from '../../fleet.ts';
import { printable } from '../../printable.ts';
import { escapeHtml } from '../charts/escape.ts';
import { renderShell } from '../shell.ts';
import { conversionSection } from './conversion-section.ts';
import { growthSection } from './growth-section.ts';
import { hostSection } from './host-section.ts';
import { splitSection } from './split-section.ts';
import { todaySection } from './today-section.ts';

/** A fleet as one page that needs nothing else, without a script either. The same report gives the same bytes. */
export async function renderFleetPage(report: FleetReport): Promise<string> {
  const sections = [
    ['today', 'Today', todaySection(report)],
    ['split', 'Split', splitSection(report)],
    ['hosts', 'Hosts', hostSection(report)],
    ['convert', 'Convert first', conversionSection(report)],
    ['growth', 'Growth', growthSection(report)],
    ['notes', 'Notes', notes(report)],
  ] as const;
  const present = sections.filter(([, , html]) => html !== '');
  const links = present.map(([id, name]) => `<a href=#${id}>${name}</a>`).join(' ');
  return renderShell({
    title: `qtune capacity: ${printable(report.fleet.name, 60)}`,
    skipLink: '<a class=skip href=#today>Skip to the figures</a>',
    header: `<header><h1>qtune capacity</h1>\n<p>${describe(report)}</p>\n<nav aria-label=Sections>${links}</nav>\n<div id=controls hidden></div></header>\n`,
    main: present.map(([id, , html]) => `<section id=${id}>${html}</section>\n`),
    charts: { names: [], percentiles: [], workloads: [] },
  });
}

function describe({ fleet, today }: FleetReport): string {
  const hosts = fleet.hostCount > 0 ? ` on ${fleet.hostCount.toLocaleString('en')} hosts` : '';
  const size = `${formatBytes(today.diskBytes)}, ${formatBytes(today.allocatedBytes)} of data, ${formatCount(today.lookupsPerSecond)} requests a second`;
  return `<strong>${escapeHtml(printable(fleet.name))}</strong>: ${today.diskCount.toLocaleString('en')} disks${hosts}, ${escapeHtml(size)}`;
}

function notes({ warnings, workloads }: FleetReport): string {
  const told = warnings.map(({ message }) => `<li>${escapeHtml(printable(message, 2000))}`);
  const sources = workloads.map(
    ({ name, source }) => `<dt>${escapeHtml(printable(name))}<dd>${escapeHtml(printable(source, 1000))}`,
  );
  const list = told.length > 0 ? `<ul class=remarks>${told.join('\n')}</ul>\n` : '';
  return `<h2>Notes</h2>\n${list}<p class=note>Miss ratios of the workloads, and where they are from:</p>\n<dl>${sources.join('\n')}</dl>\n<p class=note>Worst case: all caches of all images full. Expected: entries that were used within cache-clean-interval (600 s). Backing images keep QEMU’s default caches.</p>\n`;
}
