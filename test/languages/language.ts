import { ConsumerFolder } from '../packed/consumer-folder';

/** The versions that the examples ask for: the lowest that the package works with. Go takes those, and so do the others. */
export const CDK_VERSION = '2.189.1';
export const CONSTRUCTS_VERSION = '10.4.2';

/** How somebody uses the package who writes a language. */
export interface Language {
  readonly name: string;
  /** The folders of its programs in test/fixtures/examples and test/fixtures/bad-input. */
  readonly folder: string;
  /** Commands that succeed where the toolchain is. */
  readonly tools: string[][];
  /** Where its installation puts commands, in the folder of the consumer. */
  readonly bins?: string[];
  /** Runs the program that makes mistakes. */
  readonly badInput: [string, ...string[]];
  /** Who synthesized, in the metadata of the template. */
  readonly runtime: RegExp;
  /** Installs the packed artifact and aws-cdk-lib. */
  install(folder: ConsumerFolder): Promise<void>;
}
