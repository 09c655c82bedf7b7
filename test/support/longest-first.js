const Sequencer = require('@jest/test-sequencer').default;

/** Each takes long, in the slow suite or in the fast one. Those of the fault matrix are a few lines that run hundreds of tests. */
const LONGEST = [
  'faults/matrix', 'faults/closing', 'command/launcher/lock', 'runs/events', 'faults/combinations', 'faults/bounds', 'least-privilege/allowed',
  'local/run/event-waits', 'support/browser', 'docs/operate', 'local/services/ssm/conformance', 'handlers/batch-job-handlers',
];

/** Where jest knows no times of an earlier run, it begins with the largest files, and waits for one of the smallest in the end. */
module.exports = class LongestFirst extends Sequencer {
  sort(tests) {
    const sorted = super.sort(tests);
    const longest = LONGEST.flatMap((name) => sorted.filter(({ path }) => path.endsWith(`/test/${name}.test.ts`)));
    return [...longest, ...sorted.filter((test) => !longest.includes(test))];
  }
};
module.exports.LONGEST = LONGEST;
