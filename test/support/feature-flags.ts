import { CURRENTLY_RECOMMENDED_FLAGS } from 'aws-cdk-lib/cx-api';

/** The contexts of an app that was made before CDK had feature flags, and of one that `cdk init` makes today. */
export const FEATURE_FLAGS: [string, { [flag: string]: unknown }][] = [
  ['no feature flag', {}],
  ['every recommended feature flag', CURRENTLY_RECOMMENDED_FLAGS],
];
