import {
  ALREADY_RUNNING_EXIT_CODE, ALREADY_STARTED_EXIT_CODE, INTERRUPTED_EXIT_CODE, NOT_STARTED_EXIT_CODE,
} from '../../protocol';

/**
 * What an operator who opens the document reads first: a comment, in sh as in PowerShell.
 */
export const LAUNCHER_INTRODUCTION = [
  '# Launcher of cdk-cots-batch-job: starts the script at the end of this text, once per run.',
  '# It has exit codes of its own, all others are the script\'s:',
  `#   ${ALREADY_RUNNING_EXIT_CODE}  another run of the job is still running on this instance`,
  `#   ${ALREADY_STARTED_EXIT_CODE}  this run was started on this instance before`,
  `#   ${INTERRUPTED_EXIT_CODE}  the same, by this very command: the instance or its agent was restarted meanwhile`,
  `#   ${NOT_STARTED_EXIT_CODE}  the script could not be started: stderr says why`,
];
