import { Call, CallInput, CALLS, Fault, FaultKind } from './fault';
import { Fault as LocalFault, FaultKind as LocalFaultKind } from '../../src/local/aws/faults';

/** How long listings do not know a new command, and how late events are, in seconds: Find command has looked three times by then. */
const LATE_SECONDS = 40;

/** The limit of a handler that is to be killed in the middle of a call, in seconds. Long enough for it to get there. */
const SHORT_LIMIT_SECONDS = 8;

/** So short that Close run, once it has reported, leaves it to Lambda to try again. It waits in real time. */
const BRIEF_LIMIT_SECONDS = 200;

/** Longer than the SDK waits for an answer (20 seconds; 10 for logs); the call is carried out nevertheless. */
const TIME_OUT_SECONDS = 25;

/** So that no answer comes, and nothing is carried out, while the run lasts. */
const NEVER_SECONDS = 86_400;

type Kinds = { readonly [kind in FaultKind]?: LocalFaultKind };

const API_KINDS: Kinds = {
  requestLost: 'loseRequest',
  answerLost: 'loseResponse',
  error500: 'internalError',
  throttled: 'throttle',
  timedOut: 'delay',
  killedDuring: 'delay',
  accessDenied: 'accessDenied',
  samePage: 'samePage',
  emptyList: 'emptyList',
};

const LAMBDA_KINDS: Kinds = {
  requestLost: 'loseRequest',
  answerLost: 'loseResponse',
  error500: 'internalError',
  throttled: 'throttle',
  timedOut: 'timeOut',
  killedBefore: 'crashBefore',
  killedAfter: 'crashAfter',
};

const SNS_KINDS: Kinds = {
  requestLost: 'loseRequest',
  answerLost: 'loseResponse',
  error500: 'internalError',
  throttled: 'throttle',
};

/** EventBridge delivers once more where it did not get the answer. */
const EVENT_KINDS: Kinds = { requestLost: 'lost', answerLost: 'twice', late: 'late' };

/** The faults of one local run, of different calls, as the local run takes them; and which of them have struck. */
export class FaultPlan {
  public readonly lines: LocalFault[] = [];
  private readonly strikes = new Set<Fault>();
  private isArmed = false;
  private isClosing = false;
  private repeated?: string;

  constructor(private readonly faults: readonly Fault[]) {
    // No fault, but the first that is heard of CloseRun: what it calls from here on is its own.
    this.lines.push({
      operation: 'Invoke',
      kind: 'throttle',
      target: 'CloseRun',
      calls: ({ Payload }) => {
        this.isClosing ||= (Payload as CallInput).executionArn !== undefined;
        return false;
      },
    });
    faults.filter((fault) => !isLateListing(fault)).forEach((fault) => this.add(fault));
  }

  /**
   * From now on faults strike.
   *
   * @param repeated ARN of the execution that a rerun repeats
   */
  public arm(repeated?: string): void {
    this.isArmed = true;
    this.repeated = repeated;
  }

  /** How many of the faults have struck at least once. A listing that is late is so from the start. */
  public get struck(): number {
    return this.strikes.size + this.faults.filter(isLateListing).length;
  }

  /** How long listings do not know a new command. */
  public get listingSeconds(): number | undefined {
    return this.faults.some(isLateListing) ? LATE_SECONDS : undefined;
  }

  /** The limit of all handlers, where one is to be killed in the middle of a call. */
  public get handlerSeconds(): number | undefined {
    const lasts = ({ call, kind, hits }: Fault) => CALLS[call].service === 'api' && kind !== 'timedOut' && hits[1] === Infinity;
    return this.faults.some(({ kind }) => kind === 'killedDuring') ? SHORT_LIMIT_SECONDS
      : this.faults.some(lasts) ? BRIEF_LIMIT_SECONDS : undefined;
  }

  private add(fault: Fault): void {
    const call: Call = CALLS[fault.call];
    const { service, name = '' } = call;
    const [first, last] = fault.hits;
    let ordinal = 0;
    const calls = (input: unknown) => {
      const isHit = this.isMeant(call, input as object) && ++ordinal >= first && ordinal <= last;
      if (isHit) {
        this.strikes.add(fault);
      }
      return isHit;
    };
    switch (service) {
      case 'lambda':
        this.lines.push({ operation: 'Invoke', kind: known(LAMBDA_KINDS, fault), target: name, calls: ({ Payload }) => calls(Payload) });
        break;
      case 'sns':
        this.lines.push({ operation: 'Publish', kind: known(SNS_KINDS, fault), calls });
        break;
      case 'event':
        this.lines.push({
          operation: 'Deliver', kind: known(EVENT_KINDS, fault), target: name, calls, delaySeconds: fault.kind === 'late' ? LATE_SECONDS : 0,
        });
        break;
      case 'api':
        this.lines.push({ operation: name, kind: known(API_KINDS, fault), calls, delaySeconds: delay(fault) });
    }
  }

  private isMeant({ isMeant = () => true, isClosing = false, isOfRepeated = false }: Call, input: CallInput): boolean {
    return this.isArmed && isMeant(input) && (this.isClosing || !isClosing) && (!isOfRepeated || input.executionArn === this.repeated);
  }
}

function isLateListing({ call, kind }: Fault): boolean {
  const { service }: Call = CALLS[call];
  return kind === 'late' && service === 'api';
}

function delay({ kind, hits }: Fault): number | undefined {
  switch (kind) {
    case 'timedOut':
      return hits[1] === Infinity ? NEVER_SECONDS : TIME_OUT_SECONDS;
    case 'killedDuring':
      return 2 * SHORT_LIMIT_SECONDS;
    default:
      return undefined;
  }
}

function known(kinds: Kinds, { call, kind }: Fault): LocalFaultKind {
  const found = kinds[kind];
  if (found === undefined) {
    throw new Error(`a call of ${call} must suffer one of ${Object.keys(kinds).join(', ')}, got ${kind}`);
  }
  return found;
}
