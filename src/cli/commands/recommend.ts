import type { Candidates } from '../../advisor/candidates.ts';
import { withWorth } from '../../advisor/full-answer.ts';
import { type Recommendation, recommend } from '../../advisor/recommendation.ts';
import { answerWidth, renderRecommendation } from '../../report/recommendation.ts';
import { flag, optionalInteger, optionalString } from '../args.ts';
import type { Command } from '../command.ts';
import { ExitCode } from '../exit-code.ts';
import { measuredOrPredicted, measureSettings, refuseBlend } from '../recommend/measure-settings.ts';
import { declareRecommendOptions } from '../recommend/options.ts';
import { arithmeticView, modelView } from '../recommend/rank.ts';
import { adviceRequest } from '../recommend/request.ts';

export const recommendCommand: Command = {
  usage: 'recommend',
  describe: 'Settings for a disk, with reasons, costs and the commands to paste',
  examples: [
    { command: 'recommend --disk 2T', about: 'from arithmetic, in an instant' },
    { command: 'recommend --disk 2T --rank', about: "the best of some hundreds, by the model of QEMU's driver" },
    { command: 'recommend --disk 500G --workload database --memory 16M', about: 'for a known workload, within 16 MiB' },
    {
      command: 'recommend --disk 200G --workload database=3 --workload boot --robust',
      about: 'for two workloads, by the one that gains least',
    },
    {
      command: 'recommend --explain l2-cache-size --disk 2T',
      about: 'what one setting does, with charts for this disk',
    },
    {
      command: 'recommend --disk 2T -o cluster_size=64K --front',
      about: 'holding what is decided, with all that nothing else beats',
    },
    { command: 'recommend --disk 100G --backing --json', about: 'an overlay on a backing file, as a JSON document' },
  ],
  build: declareRecommendOptions,
  async run(args, host) {
    const setting = optionalString(args, 'explain');
    if (setting !== undefined) {
      const { explainSetting } = await import('../recommend/explain.ts');
      return explainSetting(setting, args, host);
    }
    const seed = optionalInteger(args, 'seed', 0, Number.MAX_SAFE_INTEGER) ?? 1;
    const asksGuest = args.qmp !== undefined || args.node !== undefined;
    const running = asksGuest ? await (await import('../recommend/qmp.ts')).runningFacts(args, host) : undefined;
    const request = await adviceRequest(args, host, running);
    const measure = measureSettings(args, seed);
    if (measure) refuseBlend(request);
    const ranks = flag(args, 'rank') || measure !== undefined || args.workload !== undefined;
    const view = ranks ? await modelView(request, seed, host) : arithmeticView(request);
    const predicted = recommend(request, view.prospect.candidates);
    const settled = measure ? await measuredOrPredicted(predicted, view.prospect.candidates, measure, host) : predicted;
    const worth = withWorth(settled, view.prospect.outlook, view.foresee);
    // Counting the space takes as long as all the rest of the instant answer.
    const counts = ranks || flag(args, 'json') || flag(args, 'front');
    const recommendation = counts ? await withSearch(worth, view.prospect.candidates) : worth;
    if (flag(args, 'json')) {
      const { recommendationDocument } = await import('../../report/recommendation-json.ts');
      const { printJson } = await import('../print-json.ts');
      printJson(host, recommendationDocument(recommendation));
    } else {
      const front = flag(args, 'front') ? await frontSections(recommendation, answerWidth(host.stdout.columns)) : [];
      host.stdout.write(renderRecommendation(recommendation, host.stdout.columns, front));
    }
    return ExitCode.ok;
  },
};

async function withSearch(recommendation: Recommendation, candidates: Candidates): Promise<Recommendation> {
  const searched = await import('../../advisor/space/searched.ts');
  return searched.withSearch(recommendation, candidates);
}

async function frontSections(recommendation: Recommendation, width: number): Promise<readonly string[]> {
  const { frontSection } = await import('../../report/recommendation-front.ts');
  return frontSection(recommendation, width);
}
