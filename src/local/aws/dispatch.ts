import { ApiCall, ApiRequest, ApiService } from './api-service';
import { AwsError, ConnectionLostError } from './aws-error';
import { Clock } from './clock';
import { Fault, FaultTable } from './faults';
import { Timers } from './timers';

/** The token of a list that does not end. */
const SAME_PAGE = 'same-page';

/** Decides about a call. What it throws is answered: an `AwsError`, or any error with a `code`. */
export type Authorize = (call: ApiCall) => void | Promise<void>;

export interface DispatchOptions {
  readonly clock: Clock;
  readonly services: readonly ApiService[];
  /** @default - none */
  readonly faults?: FaultTable;
  /** @default - everything is allowed */
  readonly authorize?: Authorize;
}

/**
 * The one way to every service: faults strike, the call is authorized and recorded, and the operation carries it out.
 *
 * Calls come through two doors, the HTTP server (`Endpoint`) and the tasks of state machines (`Tasks`), and what Lambda's queue of
 * events invokes comes here, too.
 */
export class Dispatch {
  public readonly services: readonly ApiService[];
  public readonly faults: FaultTable;
  private readonly clock: Clock;
  private readonly authorize: Authorize;
  private readonly timers: Timers;
  private readonly ordinals = new Map<string, number>();

  constructor({ clock, services, faults = new FaultTable(), authorize = () => undefined }: DispatchOptions) {
    this.clock = clock;
    this.services = services;
    this.faults = faults;
    this.authorize = authorize;
    this.timers = new Timers(clock);
  }

  /**
   * Carries out a call.
   *
   * @param accessKeyId Who calls
   * @param authorize Instead of the usual authorization, for a call that a service makes
   * @throws AwsError as the service answers it
   * @throws ConnectionLostError if a fault breaks the connection
   */
  public async call({ service, operation, input }: ApiRequest, accessKeyId: string, authorize = this.authorize): Promise<unknown> {
    const ordinal = (this.ordinals.get(operation) ?? 0) + 1;
    this.ordinals.set(operation, ordinal);
    const fault = this.faults.next(operation, service.targets?.(input) ?? [], input);
    try {
      await this.refuse(fault);
      const action = `${service.iamPrefix}:${service.actions?.[operation] ?? operation}`;
      await this.clock.busy((async () =>
        authorize({ action, operation, accessKeyId, input, ordinal, resources: service.resources(operation, input) }))());
      const output = await service.operations[operation](firstPage(input), { accessKeyId, fault: fault?.kind });
      if (fault?.kind === 'loseResponse') {
        throw new ConnectionLostError(true);
      }
      // Services spell it in both ways.
      return fault?.kind === 'samePage' ? { ...output as object, NextToken: SAME_PAGE, nextToken: SAME_PAGE } : output;
    } catch (error) {
      throw error instanceof AwsError ? ownError(error, service) : error;
    }
  }

  /** Calls that a fault delays are not carried out any more. */
  public close(): void {
    this.timers.clear();
  }

  private async refuse(fault: Fault | undefined): Promise<void> {
    switch (fault?.kind) {
      case 'throttle': throw new AwsError('ThrottlingException', 'Rate exceeded');
      case 'accessDenied': throw new AwsError('AccessDeniedException', 'not authorized to perform this operation');
      case 'internalError': throw new AwsError('InternalServerError', 'An error occurred on the server side.', 500);
      case 'notFound': throw new AwsError('ResourceNotFoundException', 'what is called does not exist');
      case 'loseRequest': throw new ConnectionLostError(false);
      case 'delay': await this.timers.sleep((fault.delaySeconds ?? 0) * 1000);
    }
  }
}

/** What the service itself calls an error that every service has. */
function ownError(error: AwsError, { errors }: ApiService): AwsError {
  const own = errors?.[error.code];
  return own === undefined ? error : new AwsError(own.code, own.message ?? error.message, own.httpStatus);
}

/** What a token that leads back asks for. */
function firstPage(input: ApiRequest['input']): ApiRequest['input'] {
  const { NextToken, nextToken, ...rest } = input;
  return NextToken === SAME_PAGE || nextToken === SAME_PAGE ? rest : input;
}
