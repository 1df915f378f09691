import type { Explanation } from '../advisor/explain/explanation.ts';
import type { SettingDefinition } from '../settings/definition.ts';
import { domainText } from '../settings/domain-text.ts';
import { formatQemuVersion } from '../settings/qemu-version.ts';

/** The JSON document of an explanation. */
export function explanationDocument(explanation: Explanation) {
  const { setting, scope, domain, since, request, topic, costs, charts, profile } = explanation;
  return {
    schema: 'qtune.explain/1',
    setting,
    scope,
    domain,
    since,
    disk: { virtualBytes: request.diskBytes, backing: request.hasBacking },
    workload: { name: request.traits.name, title: request.traits.title, source: request.traits.source },
    ...topic,
    costs,
    charts: charts.map((chart) => ({
      ...chart,
      series: chart.series.map(({ name, values }) => ({
        name,
        values: values.map((value) => (value === null ? null : Number(value.toPrecision(6)))),
      })),
    })),
    ...(profile === undefined ? {} : { profile }),
  } as const;
}

/** The JSON document of `--explain list`. */
export function settingListDocument(definitions: readonly SettingDefinition[]) {
  return {
    schema: 'qtune.settings/1',
    settings: definitions.map((definition) => ({
      name: definition.name,
      scope: definition.scope,
      domain: domainText(definition),
      default: definition.default,
      since: formatQemuVersion(definition.since),
      does: definition.does,
      costs: definition.costs,
      source: definition.source,
    })),
  } as const;
}
