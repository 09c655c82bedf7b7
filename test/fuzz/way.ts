import { Document } from '../../src/local/services/ssm/document';
import { DocumentStore } from '../../src/local/services/ssm/documents';
import { GivenParameters, resolveParameters, substitute } from '../../src/local/services/ssm/parameters';
import { DocumentParameter, JobSettings, SendCommandRequest } from '../../src/protocol';
import { start } from '../../src/runtime/start';
import { COMMAND, sendRequest } from '../runtime/samples';
import { world } from '../runtime/world';
import { JobProps, synth } from '../support/synth';

/** What became of an execution's input. */
export interface Started {
  /** As SSM was sent it; none if the input was refused. */
  readonly parameters?: GivenParameters;
  /** Why it was refused; empty if it was not. */
  readonly cause: string;
}

/** What the handler makes of an input. Without a name of the execution, what it sends is sent as if by hand: it leaves no mark. */
export async function startJob(job: JobSettings, request: Partial<SendCommandRequest>): Promise<Started> {
  const sent: { Parameters?: GivenParameters }[] = [];
  const isByHand = request.executionName === '';
  const status = await start(asJson(sendRequest({ ...request, ...isByHand ? { executionName: 'by-hand' } : {}, job })), world({ ssm: { sendCommand: async (input) => (sent.push(asJson(input)), COMMAND) } }));
  const parameters = sent[0]?.Parameters;
  return { parameters: parameters && isByHand ? { ...parameters, [DocumentParameter.RUN_ID]: [''] } : parameters, cause: status.cause };
}

/**
 * The way of an execution's input to a server, without the network: the real handler, the document as it was synthesized, SSM's
 * check of its parameters, and what the agent makes of it. Whatever travels as JSON becomes JSON in between.
 */
export class Way {
  public readonly settings: JobSettings;
  private readonly document: Document;

  constructor(props: JobProps) {
    const synthesized = synth(props);
    this.settings = asJson(synthesized.settings);
    this.document = register(synthesized.properties(synthesized.job.node.findChild('Document')).Content);
  }

  public async start(request: Partial<SendCommandRequest>): Promise<Started> {
    return startJob(this.settings, request);
  }

  /** The lines of the document. */
  public get template(): string[] {
    return this.document.content.steps[0].inputs.runCommand as string[];
  }

  /**
   * The lines that the agent runs.
   *
   * @param template of the document, if it has other lines than the job's
   * @throws if SSM would refuse the document, or the parameters.
   */
  public lines(parameters: GivenParameters, template?: string[]): string[] {
    const { content } = template === undefined ? this.document : register(replaceLines(JSON.parse(this.document.text), template));
    // The time of the workflow is that of the samples, that of the instance is now: every start would be late.
    const inTime = { ...parameters, [DocumentParameter.START_BEFORE]: [''] };
    return (substitute(content.steps[0].inputs, resolveParameters(content, inTime)) as { runCommand: string[] }).runCommand;
  }
}

interface Content {
  readonly mainSteps: { readonly inputs: object }[];
}

function replaceLines(content: Content, runCommand: string[]): Content {
  const [step] = content.mainSteps;
  return { ...content, mainSteps: [{ ...step, inputs: { ...step.inputs, runCommand } }] };
}

function register(content: object): Document {
  return new DocumentStore(() => 0).register({ name: 'Document', content: JSON.stringify(content) });
}

function asJson<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
