import { Tokenization } from 'aws-cdk-lib';
import { CfnDocument } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { EncodedText, TOKEN_MARKER } from '../encoded-text';
import { CHECK_VALUE, DocumentParameter, DocumentSettings, LATEST_VERSION, RUN_ID_PATTERN, VARIABLES_PATTERN } from '../protocol';
import { commandBytes, MAX_DOCUMENT_BYTES } from '../protocol/value-rules';
import { SharedText } from '../shared-text';
import { refuse } from '../validation';
import { LauncherSecret } from './launcher/secrets';

/** What the local run reads of a document: which secrets its script will ask for. Only there. */
const SECRETS_METADATA = 'cdk-cots-batch-job:secrets';

export interface RunDocumentProps {
  readonly jobName: string;
  /** What the job's parameters are for, by name: for whoever sends the document by hand. */
  readonly parameterDescriptions: { [name: string]: string };
  readonly secrets: readonly LauncherSecret[];
  readonly executionTimeoutSeconds: number;
  /** @default - the program starts at once or not at all */
  readonly overlapWaitSeconds?: number;
  readonly action: 'aws:runShellScript' | 'aws:runPowerShellScript';
  readonly runCommand: string[];
  /** @default - all of the script stands in the document's resource */
  readonly sharing?: SharedScript;
}

/** What the script of a job has in common with those of other jobs. */
export interface SharedScript {
  readonly text: SharedText;
  readonly lines: ReadonlySet<string>;
}

/**
 * The job's own SSM document: holds the script, and is all that the job may send.
 *
 * Whoever takes over the job's role can start the job, not a root shell. Operators can send the same document by hand.
 */
export class RunDocument extends Construct {
  public readonly settings: DocumentSettings;

  constructor(scope: Construct, id: string, props: RunDocumentProps) {
    super(scope, id);

    const content = (runCommand: unknown) => ({
      schemaVersion: '2.2',
      description: `Batch job ${props.jobName}`,
      parameters: {
        [DocumentParameter.RUN_ID]: {
          type: 'String',
          description: 'Identifies the run: a second start of it on the same instance is refused. Empty to run by hand',
          default: '',
          allowedPattern: RUN_ID_PATTERN,
        },
        [DocumentParameter.VARIABLES]: {
          type: 'String',
          description: ['Environment variables of the program: NAME=base64 of the value, separated by commas', ...Object.entries(props.parameterDescriptions)
            .map(([name, description]) => `${name}: ${description}`)].join('. '),
          default: '',
          // Without the names, which the launcher checks: how long a pattern may be is not documented.
          allowedPattern: VARIABLES_PATTERN,
        },
        [DocumentParameter.EXECUTION_TIMEOUT]: {
          type: 'String',
          description: props.overlapWaitSeconds === undefined ? 'The program is stopped after so many seconds'
            : `The command is stopped after so many seconds: ${props.executionTimeoutSeconds} for the program, the rest to wait for another run to end`,
          default: `${props.executionTimeoutSeconds + (props.overlapWaitSeconds ?? 0)}`,
          allowedPattern: '^[1-9][0-9]{0,5}$',
        },
        [DocumentParameter.START_BEFORE]: {
          type: 'String',
          description: 'The program does not start at or after this time, in seconds since 1970. Empty for no limit',
          default: '',
          allowedPattern: '^[0-9]{0,11}$',
        },
        [DocumentParameter.CHECK]: {
          type: 'String',
          description: `Everything but the program, where it is "${CHECK_VALUE}": nothing is marked, and no lock is held`,
          default: '',
          allowedPattern: `^(${CHECK_VALUE})?$`,
        },
      },
      // No precondition on the platform: the agent would skip the step on a wrong one and call that a success. Without it, SSM
      // refuses to send the document there.
      mainSteps: [{
        action: props.action,
        name: 'runBatchProgram',
        inputs: {
          timeoutSeconds: `{{ ${DocumentParameter.EXECUTION_TIMEOUT} }}`,
          runCommand,
        },
      }],
    });

    const { runCommand, sharing } = props;
    const whole = content(runCommand);
    const known: DocumentSettings = { name: '', own: true, bytes: knownBytes(whole), parameters: {} };
    const bytes = commandBytes(known, new Map());
    if (bytes > MAX_DOCUMENT_BYTES) {
      refuse('the SSM document of a command', `must not be larger than ${MAX_DOCUMENT_BYTES} bytes; keep the program on the instance`, bytes);
    }

    const document = new CfnDocument(this, 'Resource', {
      documentType: 'Command',
      documentFormat: 'JSON',
      // A document without a target type is not offered for instances; this one is for EC2 and hybrid servers alike.
      targetType: '/',
      // The name stays, and operators see the versions.
      updateMethod: 'NewVersion',
      // Not resolved here: a value of another stack must reach the template as a token, which makes it an export or a parameter.
      content: sharing ? content(sharing.text.lines(runCommand, sharing.lines)) : whole,
    });
    if (props.secrets.length > 0) {
      document.addMetadata(SECRETS_METADATA, props.secrets);
    }
    // Not the default version, which an update may leave behind: the old script would run, and nobody would know.
    // https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/2539
    this.settings = { ...known, name: document.ref, version: LATEST_VERSION, startBefore: true, check: true };
  }
}

/** Bytes of compact JSON, as far as they are known at synth. */
function knownBytes(content: object): number {
  const json = JSON.stringify(content);
  const encoded = Tokenization.reverseString(json).tokens.map((token) => (token instanceof EncodedText ? token.knownLength : 0));
  return encoded.reduce((sum, length) => sum + length, Buffer.byteLength(json.replace(TOKEN_MARKER, '')));
}
