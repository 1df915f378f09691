import { UsageError } from '../../errors.ts';
import { catalogue } from '../../settings/catalogue.ts';
import type { SettingDefinition } from '../../settings/definition.ts';
import { domainText } from '../../settings/domain-text.ts';
import { formatQemuVersion } from '../../settings/qemu-version.ts';
import { closest } from '../../settings/suggest.ts';
import { valueCosts } from './costs.ts';
import type { Explanation } from './explanation.ts';
import type { Lab } from './lab/lab.ts';
import { topics } from './topics/index.ts';

/**
 * The definition of a setting that is to be explained. @throws UsageError for a name that is none, with what was probably meant
 */
export function explainable(name: string): SettingDefinition {
  const found = catalogue.find((definition) => definition.name === name);
  if (found) return found;
  const names = catalogue.map((definition) => definition.name);
  const letters = (text: string) => text.toLowerCase().replaceAll(/[-_.]/g, '');
  const like = (fits: (other: string) => boolean) => names.find((other) => fits(letters(other)));
  const asked = letters(name);
  const near =
    like((other) => other === asked) ?? (asked === '' ? undefined : like((other) => other.startsWith(asked)));
  const meant = near ?? closest(name, names);
  throw new UsageError(`--explain: there is no setting "${name.slice(0, 80)}"`, {
    hint: `${meant === undefined ? '' : `Did you mean ${meant}? `}--explain list names them all.`,
  });
}

/**
 * Teaches one setting for one disk: what it is and costs, when it helps, and charts from the model of QEMU's driver. Takes up to
 * some seconds.
 * @param warning why the lab's costs may not be this machine's
 * @throws UsageError for a name that is none
 */
export function explain(name: string, lab: Lab, warning?: string): Explanation {
  const definition = explainable(name);
  const topic = topics[name];
  if (topic === undefined) throw new Error(`no explanation of ${name}`);
  const { charts: draw, values: _, with: __, defaultValue: ___, ...taught } = topic;
  const charts = draw(lab);
  const { diskBytes, hasBacking, traits } = lab.request;
  return {
    setting: name,
    scope: definition.scope,
    domain: domainText(definition),
    since: formatQemuVersion(definition.since),
    request: { diskBytes, hasBacking, traits },
    topic: taught,
    costs: valueCosts(lab.request, definition, topic),
    charts,
    profile: charts.some(({ source }) => source === 'predicted')
      ? { name: lab.basis.profile.name, ...(warning === undefined ? {} : { warning }) }
      : undefined,
  };
}
