import { IResolveContext, Intrinsic, Token } from 'aws-cdk-lib';
import { USE_PARAMETER } from './deploy-time-json';

/**
 * Base64 of a text that only a deployment knows. The text is data wherever this stands: base64 has no character that a shell, PowerShell,
 * SSM or JSON reads anything into.
 */
export class EncodedText extends Intrinsic {
  /** How many characters it has at least: those of what is known at synth. */
  public readonly knownLength: number;

  constructor(private readonly text: string) {
    super({ 'Fn::Base64': text });
    this.knownLength = base64(text.replace(TOKEN_MARKER, '')).length;
  }

  public override resolve(context: IResolveContext): unknown {
    const value: unknown = context.resolve(this.text);
    // Not while the app is prepared: the validation comes after that, and says by the name of its prop where a secret is.
    if (!context.preparing && JSON.stringify(value ?? '').includes('{{resolve:')) {
      throw new Error(`what travels in base64 must have no dynamic reference, which CloudFormation does not resolve there: ${USE_PARAMETER}`);
    }
    return typeof value === 'object' ? { 'Fn::Base64': value } : base64(String(value ?? ''));
  }
}

/** How a string shows a token. */
export const TOKEN_MARKER = /\$\{Token\[[^\]]*\]\}/g;

/** Base64 of a text that is not known at synth, as a string. */
export function encode(text: string): string {
  return Token.asString(new EncodedText(text));
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}
