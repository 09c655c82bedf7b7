import { CotsBatchJobProps } from './cots-batch-job-props';
import { SENSITIVE_VALUE } from './protocol/text';
import { refuse } from './validation';

/** Kinds of props, by what is used of them: an app may have a second copy of the class, which is as good. */
const KINDS: { kind: string; has: string; props: (keyof CotsBatchJobProps)[] }[] = [
  { kind: 'a BatchCommand', has: '_bind', props: ['command'] },
  { kind: 'BatchJobHandlers', has: '_partsOf', props: ['handlers'] },
  {
    kind: 'a Duration',
    has: 'toMilliseconds',
    props: ['deliveryTimeout', 'executionTimeout', 'longRunningAfter', 'overlapWait', 'pollInterval', 'unresponsiveAfter'],
  },
  { kind: 'an InvocationLimit', has: 'value', props: ['maxConcurrency', 'maxErrors'] },
  { kind: 'a ScheduleExpression', has: 'expressionString', props: ['schedule'] },
];

const LISTS: (keyof CotsBatchJobProps)[] = ['instanceIds', 'notificationTargets', 'notifyOn', 'targets'];

/**
 * Refuses what only plain JavaScript lets through: it would fail with an error that names no prop, or have no effect.
 */
export function checkKinds(props: CotsBatchJobProps): void {
  for (const { kind, has, props: names } of KINDS) {
    for (const name of names.filter((prop) => props[prop] !== undefined || prop === 'command')) {
      checkKind(name, kind, has, props[name]);
    }
  }
  if (props.scheduleOptions?.checkSchedule !== undefined) {
    checkKind('scheduleOptions.checkSchedule', 'a ScheduleExpression', 'expressionString', props.scheduleOptions.checkSchedule);
  }
  for (const name of LISTS) {
    if (props[name] !== undefined && !Array.isArray(props[name])) {
      refuse(name, 'must be a list', props[name]);
    }
  }
  props.targets?.forEach((target) => checkKind('targets', 'a list of CommandTarget', '_settings', target));
  for (const [name, parameter] of Object.entries(props.parameters ?? {})) {
    checkKind(`parameter ${name}`, 'a JobParameter', '_settings', parameter);
  }
  for (const [name, secret] of Object.entries(props.secrets ?? {})) {
    // Somebody may have given the secret itself.
    checkKind(`secrets ${name}`, 'a JobSecret', '_grantRead', typeof secret === 'string' ? SENSITIVE_VALUE : secret);
  }
}

function checkKind(what: string, kind: string, has: string, value: unknown): void {
  if (typeof value !== 'object' || value === null || !(has in value)) {
    refuse(what, `must be ${kind}`, value);
  }
}
