import { DocumentStep } from './document';
import { Platform } from './fleet';
import { StepResult } from './invocation';
import { ParameterValues, substitute } from './parameters';

/** Exit codes by which a step ends the document, as the agent takes them. */
export const EXIT_WITH_SUCCESS = 168;
export const EXIT_WITH_FAILURE = 169;

/** Whether a step runs; a skipped step is a form of success. */
export type StepDecision = { readonly kind: 'run' } | { readonly kind: 'skip' | 'fail'; readonly reason: string };

/**
 * Decides about a step, from what came before it and from its preconditions. A failed step alone does not stop a document.
 *
 * @see https://github.com/aws/amazon-ssm-agent agent/framework/runpluginutil/runpluginutil.go
 */
export function decide(
  index: number, steps: readonly DocumentStep[], results: readonly StepResult[], values: ParameterValues, platform: Platform,
): StepDecision {
  const step = steps[index];
  const last = index === steps.length - 1;
  const ended = steps.slice(0, index).some((earlier, at) => endsDocument(earlier, results[at]));
  if (ended && !(last && String(step.inputs.finallyStep) === 'true')) {
    return {
      kind: 'skip',
      reason: `Plugin with name ${step.action} and id ${step.name} skipped due to prior step with an exit condition`,
    };
  }
  for (const [operator, operands] of Object.entries(step.precondition ?? {})) {
    if (operator !== 'StringEquals' || operands.length !== 2) {
      return {
        kind: 'fail',
        reason: `Unrecognized precondition(s): '"${operator}"', please update agent to latest version. Step name: ${step.name}`,
      };
    }
    if (!holds(operands, values, platform)) {
      return {
        kind: 'skip',
        reason: `Step execution skipped due to unsatisfied preconditions: '"${operator}": [${operands.join(', ')}]'. ` +
          `Step name: ${step.name}`,
      };
    }
  }
  return { kind: 'run' };
}

function endsDocument({ inputs }: DocumentStep, { details, exitCode }: StepResult): boolean {
  return exitCode === EXIT_WITH_SUCCESS || exitCode === EXIT_WITH_FAILURE ||
    (details === 'Failed' && inputs.onFailure === 'exit') ||
    (details === 'Success' && inputs.onSuccess === 'exit');
}

function holds(operands: readonly string[], values: ParameterValues, platform: Platform): boolean {
  const other = operands.find((operand) => operand !== 'platformType');
  if (operands.includes('platformType')) {
    return other?.toLowerCase() === platform.toLowerCase();
  }
  const [left, right] = operands.map((operand) => substitute(operand, values));
  return left === right;
}
