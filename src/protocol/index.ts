/** What the workflow and its handlers share: the one folder that both sides import. */

export * from './calendars';
export * from './launcher';
export * from './requests';
export * from './result';
export * from './run';
export * from './served-jobs';
export * from './settings';
export * from './start-watch';
export * from './state-machine';
