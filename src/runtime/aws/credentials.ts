/**
 * Stands in for the SDK's chain of credential providers in the bundles. Lambda has the credentials of the role in the environment, where
 * that chain looks first; the rest of it, for other kinds of machines, would be a quarter to a third of each bundle.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
 */
export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';
