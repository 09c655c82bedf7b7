import { Errors } from 'aws-cdk-lib/aws-stepfunctions';
import { ERROR_PREFIX, NO_RUN_OUTCOMES, Outcome } from '../protocol';

/** What is no error of a run. One that was not due succeeds. */
const NO_ERRORS: readonly Outcome[] = [Outcome.NOT_DUE, ...NO_RUN_OUTCOMES];

/** The errors that a run may end with. */
export const RUN_ERRORS = Object.values(Outcome).filter((outcome) => !NO_ERRORS.includes(outcome)).map((outcome) => `${ERROR_PREFIX}${outcome}`);

/** Causes of a step that fails, where the run itself says nothing. */
export const STOPPED = 'The execution of the batch job was stopped';
export const TIMED_OUT = 'The execution of the batch job timed out';
export const NO_CAUSE = 'The execution of the batch job failed, and does not say why';
export const NO_ANSWER = 'The execution of the batch job could not be started, or has no answer';
export const WAITED = 'The step did not wait longer for the execution of the batch job, which may go on';

/**
 * The error and cause that a step fails with, of what Step Functions says of the nested execution: the same as the states of the JSONPath
 * form find, in one JSONata expression.
 *
 * `$parse` is a function of Step Functions. A branch of a condition that is not taken is not evaluated.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
 */
export function failureExpression(): string {
  const failure = (outcome: Outcome, cause: string) => `{ 'error': '${ERROR_PREFIX}${outcome}', 'cause': ${cause} }`;
  const outcomes = RUN_ERRORS.map((error) => `'${error}'`).join(', ');
  return `{% (
    $text := function($value) { $type($value) = 'string' ? $value : '' };
    $cause := $text($states.errorOutput.Cause);
    $hasRun := $states.errorOutput.Error = '${Errors.TASKS_FAILED}' and $substring($cause, 0, 1) = '{'
      and $substring($cause, -1) = '}' and $contains($cause, '"Status"');
    $execution := $hasRun ? $parse($cause) : {};
    $words := $text($execution.Cause);
    $execution.Status = 'ABORTED' ? ${failure(Outcome.CANCELLED, `$words != '' ? $words : '${STOPPED}'`)}
    : $execution.Status = 'TIMED_OUT' ? ${failure(Outcome.TIMED_OUT, `'${TIMED_OUT}'`)}
    : $words != '' and $execution.Error in [${outcomes}] ? { 'error': $execution.Error, 'cause': $words }
    : $words != '' ? ${failure(Outcome.FAILED, '$words')}
    : $hasRun ? ${failure(Outcome.FAILED, `'${NO_CAUSE}'`)}
    : $states.errorOutput.Error = '${Errors.TIMEOUT}' ? ${failure(Outcome.TIMED_OUT, `'${WAITED}'`)}
    : $cause != '' ? ${failure(Outcome.FAILED, '$cause')}
    : ${failure(Outcome.FAILED, `'${NO_ANSWER}'`)}
  ) %}`;
}
