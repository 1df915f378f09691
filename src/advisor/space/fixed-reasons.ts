import { definitionOf } from '../../settings/catalogue.ts';
import type { AdviceRequest } from '../advice-request.ts';
import type { Reason } from '../rule.ts';
import { fixedSettings } from './fixed.ts';

/**
 * Why a proposal has the values that nobody chose for it: those that somebody holds, in place of any other reason; and those that the image
 * or the target brings along, where there is no other.
 * @param reasons of the rules
 */
export function withFixedReasons(request: AdviceRequest, reasons: readonly Reason[]): readonly Reason[] {
  const fixed = fixedSettings(request);
  const own = (['create', 'drive'] as const).flatMap((scope) =>
    Object.keys(fixed[scope]).flatMap((name): readonly Reason[] => {
      const isHeld = request.held?.[scope][name] !== undefined;
      if (!isHeld && reasons.some(({ setting }) => setting === name)) return [];
      const { does, costs, source } = definitionOf(scope, name);
      const byImage = scope === 'create' && request.image !== undefined;
      const who = isHeld
        ? 'You hold it.'
        : byImage
          ? 'The image was created with it.'
          : 'The target sets it by itself.';
      return [{ setting: name, because: `${who} ${does}`, source, costs }];
    }),
  );
  return [...reasons.filter(({ setting }) => !own.some((reason) => reason.setting === setting)), ...own];
}
