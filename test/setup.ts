// The validation of templates takes seconds an app: the consumer suite has it on, where it is the point.
process.env.CDK_VALIDATION ??= 'false';
process.env.JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION = '20';
