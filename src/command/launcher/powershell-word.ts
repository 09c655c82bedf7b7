import { Token } from 'aws-cdk-lib';
import { encode } from '../../encoded-text';

/** An expression that stands for exactly this text, and has no `{{`. What only a deployment knows comes in base64. */
export function quote(text: string): string {
  if (Token.isUnresolved(text)) {
    return `([Text.Encoding]::UTF8.GetString([Convert]::FromBase64String('${encode(text)}')))`;
  }
  const words = text.split(/(?<=\{)(?=\{)/).map((word) => `'${word.replace(/['\u2018-\u201b]/g, '$&$&')}'`);
  return words.length === 1 ? words[0] : `(${words.join(' + ')})`;
}
