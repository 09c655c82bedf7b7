import { join } from 'node:path';
import { attachCustomSynthesis, Stack } from 'aws-cdk-lib';
import { Manifest } from 'aws-cdk-lib/cloud-assembly-schema';
import { Construct } from 'constructs';

export interface IntegTestProps {
  readonly testCases: Stack[];
}

/**
 * Tells integ-runner which stacks to compare. It is used as `IntegTest` of @aws-cdk/integ-tests-alpha is, which needs a newer
 * aws-cdk-lib than the oldest one that jobs are made for.
 */
export class IntegTest extends Construct {
  constructor(scope: Construct, id: string, props: IntegTestProps) {
    super(scope, id);

    attachCustomSynthesis(this, {
      onSynthesize: ({ outdir }) => Manifest.saveIntegManifest({
        version: Manifest.version(),
        testCases: { [this.node.path]: { stacks: props.testCases.map((stack) => stack.artifactId) } },
      }, join(outdir, 'integ.json')),
    });
  }
}
