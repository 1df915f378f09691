import { EngineError, EnvironmentError, InterruptedError, QtuneError } from '../errors.ts';
import { ExitCode } from './exit-code.ts';

/**
 * Turns whatever was thrown into text for standard error and an exit code: one message and one next step for what qtune
 * knows, the stack for what it does not.
 */
export function describeError(
  error: unknown,
  interrupted: boolean,
): { readonly text: string; readonly exitCode: ExitCode } {
  if (error instanceof InterruptedError || (interrupted && !(error instanceof QtuneError))) {
    return { text: 'qtune: interrupted\n', exitCode: ExitCode.interrupted };
  }
  if (error instanceof QtuneError) {
    const tail = error instanceof EngineError && error.failure.stderrTail ? `${error.failure.stderrTail}\n` : '';
    const hint = error.hint ? `  ${error.hint}\n` : '';
    const outside = error instanceof EngineError || error instanceof EnvironmentError;
    return { text: `qtune: ${error.message}\n${tail}${hint}`, exitCode: outside ? ExitCode.outside : ExitCode.usage };
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    text: `qtune: this is a bug in qtune; please report it with the command line and these lines:\n${stack}\n`,
    exitCode: ExitCode.bug,
  };
}
