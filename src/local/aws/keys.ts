import { randomBytes } from 'node:crypto';

/** What signs requests, as SDKs and the AWS CLI take it from their environment. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Temporary credentials, which are those of a role, have one, and are worth nothing without it. */
  readonly sessionToken?: string;
}

/** The keys that one run has issued. They are in no file, and worth nothing once the run has ended. */
export class Keys {
  private readonly issued = new Map<string, Credentials>();

  /** For a person: a key like those of an IAM user. */
  public issue(): Credentials {
    return this.add({ accessKeyId: keyId('AKIA'), secretAccessKey: secret(30) });
  }

  /** For a role, which is known by it from then on. */
  public issueTemporary(): Required<Credentials> {
    return this.add({ accessKeyId: keyId('ASIA'), secretAccessKey: secret(30), sessionToken: secret(96) });
  }

  /** Undefined for a key of somebody else, such as an earlier run. */
  public find(accessKeyId: string): Credentials | undefined {
    return this.issued.get(accessKeyId);
  }

  private add<T extends Credentials>(credentials: T): T {
    this.issued.set(credentials.accessKeyId, credentials);
    return credentials;
  }
}

/** 40 characters for 30 bytes, as secrets of AWS have. */
function secret(bytes: number): string {
  return randomBytes(bytes).toString('base64');
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** `AKIA` is a user's key and `ASIA` a role's; 16 letters follow. */
export function keyId(prefix: 'AKIA' | 'ASIA'): string {
  return prefix + [...randomBytes(16)].map((byte) => LETTERS[byte % LETTERS.length]).join('');
}
