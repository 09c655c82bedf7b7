export * from './batch-command';
export type { BatchJobTaskProps } from './batch-job-task';
export * from './command-target';
export * from './cots-batch-job';
export * from './cots-batch-job-props';
export * from './invocation-limit';
export * from './job-parameter';
export type { JobScheduleOptions } from './run-schedule';
export { Outcome, OverlapPolicy } from './runtime/protocol';
