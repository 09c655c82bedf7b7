// The validation of templates takes seconds an app: the consumer suite has it on, where it is the point.
process.env.CDK_VALIDATION ??= 'false';
process.env.JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION = '20';
// What the AWS SDK says of Node.js 20 is about this machine: Lambda runs the handlers with a newer one.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

/** What handlers record for CloudWatch goes to stdout itself: it is no output of a test. */
const write = process.stdout.write.bind(process.stdout) as (...args: unknown[]) => boolean;
process.stdout.write = (...args: unknown[]) => `${args[0] as string}`.startsWith('{"_aws":') || write(...args);

/** What the types of jest do not know yet. */
interface WithEqualityTesters {
  addEqualityTesters(testers: ((a: unknown, b: unknown) => boolean | undefined)[]): void;
}

/** `toMatchObject` would take a buffer for an object of bytes: an empty one would be found in every other. */
(expect as unknown as WithEqualityTesters).addEqualityTesters([(a, b) => Buffer.isBuffer(a) && Buffer.isBuffer(b) ? a.equals(b) : undefined]);
