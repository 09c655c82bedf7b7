import { Token } from 'aws-cdk-lib';
import { encode } from '../../encoded-text';

/**
 * A word of the shell that stands for exactly this text, and has no `{{`.
 *
 * @throws if the text is not known at synth: it could have quotes of its own. See `assign`.
 */
export function quote(text: string): string {
  if (Token.isUnresolved(text)) {
    throw new Error('what a shell reads must be known at synth, or be encoded, got a token');
  }
  return `'${text.replace(/'/g, '\'\\\'\'').replace(/\{(?=\{)/g, '{\'\'')}'`;
}

/**
 * Lines that give a variable of the shell exactly this text. What only a deployment knows comes in base64, as the values of a run do. In
 * other locales than C the last byte and the sentinel may be one character.
 *
 * @param fail what ends the launcher where the text cannot be decoded
 */
export function assign(variable: string, text: string, fail: string): string[] {
  return Token.isUnresolved(text) ? [
    `${variable}=$(printf %s '${encode(text)}' | base64 -d && echo .) || ${fail}`,
    `${variable}=\${${variable}%.}`,
  ] : [`${variable}=${quote(text)}`];
}
