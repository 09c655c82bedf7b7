import { Tokenization } from 'aws-cdk-lib';
import { patternRules } from './pattern-rules';
import { ParameterSettings } from './protocol';
import { isKnown, refuse, refuseListToken } from './validation';

/**
 * Options that every parameter has.
 */
export interface JobParameterOptions {
  /**
   * What the parameter is for: stands in the job's SSM document, for whoever sends it by hand.
   *
   * @default - no description
   */
  readonly description?: string;
}

/**
 * Options of a parameter whose value may be nobody else's business.
 */
export interface SensitiveParameterOptions extends JobParameterOptions {
  /**
   * Whether a value of the parameter is never quoted: in no error at synth or of a run, no mail, result, cause, log of the handlers, and not
   * by the local run. Where the program prints it, mails and results have `***` in its place, if it has 4 characters or more.
   *
   * It hides a value from those who read about runs, not from those who may read the runs themselves: a value is in the input and the
   * history of its execution, and in the list of commands of SSM, whose documents have no parameters that are hidden. A default and
   * `allowedValues` are in the template. It is no place for passwords.
   *
   * @default false
   */
  readonly sensitive?: boolean;
}

/**
 * Options of a text parameter.
 */
export interface StringParameterOptions extends SensitiveParameterOptions {
  /**
   * Taken when an execution has no value for the parameter.
   *
   * @default - the parameter is required
   */
  readonly default?: string;

  /**
   * A regular expression that the whole value must match: of ECMAScript, with Unicode, and without what takes more than linear time
   * to match: no lookahead or lookbehind, no reference to a group, no repetition of more than 1000 times.
   *
   * @default - every text is allowed
   */
  readonly pattern?: string;

  /**
   * The only values that are allowed.
   *
   * @default - every text is allowed
   */
  readonly allowedValues?: string[];
}

/**
 * Options of a number parameter.
 */
export interface NumberParameterOptions extends SensitiveParameterOptions {
  /**
   * Taken when an execution has no value for the parameter.
   *
   * @default - the parameter is required
   */
  readonly default?: number;

  /**
   * The only numbers that are allowed.
   *
   * @default - every number is allowed
   */
  readonly allowedValues?: number[];
}

/**
 * Options of a parameter that is `true` or `false`.
 */
export interface FlagParameterOptions extends JobParameterOptions {
  /**
   * Taken when an execution has no value for the parameter.
   *
   * @default - the parameter is required
   */
  readonly default?: boolean;
}

/**
 * A value that an execution may hand to the batch program.
 *
 * The program finds it in the environment variable of the parameter's name. The value is data: nothing in it is executed,
 * expanded or altered on the way. A value that breaks the rules is refused before anything is sent.
 *
 * In an execution's input a value is a JSON string; that of a number or a flag may be a JSON number or boolean, too.
 *
 * @example
 * new CotsBatchJob(this, 'Index', {
 *   command,
 *   instanceIds,
 *   parameters: { KEYWORDS: JobParameter.string({ default: 'cloud', pattern: '[a-z ,]{1,200}' }), DEPTH: JobParameter.number({ default: 3 }) },
 * });
 */
export class JobParameter {
  /**
   * A text.
   *
   * @throws if the pattern is no regular expression, or may take more than linear time to match. The job refuses a default that is not an
   * allowed value.
   */
  public static string(options: StringParameterOptions = {}): JobParameter {
    return new JobParameter({
      type: 'String',
      default: options.default,
      pattern: options.pattern,
      allowedValues: options.allowedValues,
      ...sensitivity(options),
    }, options.description);
  }

  /**
   * A decimal number, such as `42`, `-1` or `0.5`.
   *
   * The job refuses a default that is not an allowed value, or cannot be written with decimal digits.
   */
  public static number(options: NumberParameterOptions = {}): JobParameter {
    return new JobParameter({
      type: 'Number',
      default: options.default === undefined ? undefined : Tokenization.stringifyNumber(options.default),
      allowedValues: options.allowedValues?.map((value) => Tokenization.stringifyNumber(value)),
      ...sensitivity(options),
    }, options.description);
  }

  /**
   * Either `true` or `false`.
   */
  public static flag(options: FlagParameterOptions = {}): JobParameter {
    // It is not called `boolean`, a keyword of Java, where jsii would make it `doBoolean`.
    return new JobParameter({ type: 'Boolean', default: options.default?.toString() }, options.description);
  }

  private constructor(
    /** @internal */
    public readonly _settings: ParameterSettings,
    /** What the parameter is for. */
    public readonly description?: string,
  ) {
    const rule = isKnown(_settings.pattern) ? patternRules().brokenPatternRule(_settings.pattern) : undefined;
    if (rule) {
      refuse('pattern', rule, _settings.pattern);
    }
    refuseListToken('allowedValues', _settings.allowedValues);
    if (_settings.allowedValues?.length === 0) {
      refuse('allowedValues', 'must have at least one value', _settings.allowedValues);
    }
  }
}

/** Nothing where it is not asked for: settings say what differs from the default. */
function sensitivity({ sensitive }: SensitiveParameterOptions): Pick<ParameterSettings, 'sensitive'> {
  return sensitive ? { sensitive } : {};
}
